import type { Capabilities } from '../engine.ts'
import type { BrowserIdentity } from './identify-browser.ts'

/** What keeps all models from running, and how to change it: names of texts, which a page words in its own language. */
export type GpuAdvice = {
  /** The likeliest help first; at least one. */
  readonly steps: readonly GpuAdviceStep[]
} & (
  | { readonly title: GpuAdviceTitle }
  /** `since` is the first version of the browser with WebGPU. */
  | { readonly title: 'too-old'; readonly since: number }
)

export type GpuAdviceTitle =
  | 'insecure-page'
  | 'off'
  | 'off-in-firefox'
  | 'not-yet-in-firefox'
  | 'old-ios'
  | 'old-safari'
  | 'no-webgpu'
  | 'no-adapter'

export type GpuAdviceStep =
  | 'use-https'
  | 'use-localhost'
  | 'update-browser'
  | 'use-chrome'
  | 'use-another-browser'
  | 'use-chrome-on-android'
  | 'not-inside-another-app'
  | 'turn-on-acceleration'
  | 'turn-on-for-windows-on-arm'
  | 'turn-on-in-firefox'
  | 'turn-on-in-ios-18'
  | 'try-firefox-nightly'
  | 'linux-gpus-with-chrome'
  | 'macs-with-firefox'
  | 'start-chrome-on-linux'
  | 'see-chrome-status'
  | 'ignore-blocklist-in-chrome'
  | 'ignore-blocklist-in-firefox'
  | 'leave-lockdown'
  | 'update-ios'
  | 'update-macos'
  | 'update-android'
  | 'update-windows-driver'
  | 'install-vulkan'
  | 'update-system'
  | 'leave-virtual-machine'

/**
 * What is missing for the GPU and how to get it in this browser; undefined when nothing is. Versions are those of the status that
 * the makers of WebGPU keep at https://github.com/gpuweb/gpuweb/wiki/Implementation-Status.
 */
export function missingGpuAdvice(
  identity: BrowserIdentity,
  device: Pick<Capabilities, 'webgpu' | 'isSecureContext'>,
): GpuAdvice | undefined {
  if (!device.isSecureContext) return { title: 'insecure-page', steps: ['use-https', 'use-localhost'] }
  if (device.webgpu === 'available') return undefined
  return device.webgpu === 'missing' ? withoutWebGpu(identity) : withoutAdapter(identity)
}

/** The first version with WebGPU, where the browser has it on all devices of the system. */
const CHROMIUM_SINCE: Partial<Record<BrowserIdentity['system'], number>> = {
  windows: 113,
  macos: 113,
  chromeos: 113,
  android: 121,
}

function withoutWebGpu({ browser, system, version = Infinity }: BrowserIdentity): GpuAdvice {
  if (browser === 'chromium') {
    const since = CHROMIUM_SINCE[system] ?? 144
    return version < since ? tooOld(since) : { title: 'off', steps: chromiumSteps(system) }
  }
  if (browser === 'firefox') return withoutWebGpuInFirefox(system, version)
  if (browser === 'safari') {
    const isIos = system === 'ios'
    if (version >= 26) return { title: 'off', steps: isIos ? ['leave-lockdown'] : ['leave-lockdown', 'use-chrome'] }
    return isIos
      ? { title: 'old-ios', steps: ['update-ios', 'turn-on-in-ios-18'] }
      : { title: 'old-safari', steps: ['update-macos', 'use-chrome'] }
  }
  return { title: 'no-webgpu', steps: ['use-another-browser'] }
}

function chromiumSteps(system: BrowserIdentity['system']): GpuAdviceStep[] {
  switch (system) {
    case 'linux':
      return ['linux-gpus-with-chrome', 'start-chrome-on-linux', 'install-vulkan', 'see-chrome-status']
    case 'android':
      return ['update-android', 'not-inside-another-app']
    case 'windows':
      return ['turn-on-acceleration', 'turn-on-for-windows-on-arm', 'see-chrome-status']
    default:
      return ['turn-on-acceleration', 'see-chrome-status']
  }
}

function withoutWebGpuInFirefox(system: BrowserIdentity['system'], version: number): GpuAdvice {
  const since = system === 'windows' ? 141 : system === 'macos' ? 145 : undefined
  if (since === undefined) {
    const byHand = ['turn-on-in-firefox', 'try-firefox-nightly', 'use-chrome'] as const
    return { title: 'not-yet-in-firefox', steps: system === 'android' ? ['use-chrome-on-android'] : byHand }
  }
  if (version < since) return tooOld(since)
  const ofMacs = system === 'macos' ? (['macs-with-firefox'] as const) : []
  return { title: 'off-in-firefox', steps: [...ofMacs, 'turn-on-in-firefox', 'use-chrome'] }
}

function withoutAdapter({ browser, system }: BrowserIdentity): GpuAdvice {
  const steps: GpuAdviceStep[] = []
  if (browser === 'chromium' && system !== 'android') steps.push('turn-on-acceleration')
  steps.push(driverStep(system))
  if (browser === 'chromium' && system === 'linux') steps.push('start-chrome-on-linux')
  if (browser === 'chromium') steps.push('ignore-blocklist-in-chrome', 'see-chrome-status')
  if (browser === 'firefox') steps.push('ignore-blocklist-in-firefox')
  if (browser === 'safari') steps.push('leave-lockdown')
  if (system !== 'ios' && system !== 'android') steps.push('leave-virtual-machine')
  return { title: 'no-adapter', steps }
}

function driverStep(system: BrowserIdentity['system']): GpuAdviceStep {
  switch (system) {
    case 'windows':
      return 'update-windows-driver'
    case 'linux':
      return 'install-vulkan'
    default:
      return 'update-system'
  }
}

function tooOld(since: number): GpuAdvice {
  return { title: 'too-old', since, steps: ['update-browser', 'use-chrome'] }
}
