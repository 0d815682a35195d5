import type { Capabilities } from '../engine.ts'
import type { BrowserIdentity } from './identify-browser.ts'

/** What keeps all models from running, and how to change it. */
export interface GpuAdvice {
  readonly title: string
  /** Sentences, the likeliest help first. */
  readonly steps: readonly string[]
}

/**
 * What is missing for the GPU and how to get it in this browser; undefined when nothing is. Versions are those of the status that
 * the makers of WebGPU keep at https://github.com/gpuweb/gpuweb/wiki/Implementation-Status.
 */
export function missingGpuAdvice(
  identity: BrowserIdentity,
  device: Pick<Capabilities, 'webgpu' | 'isSecureContext'>,
): GpuAdvice | undefined {
  if (!device.isSecureContext) {
    return {
      title: 'This page was opened without https, so the browser keeps the GPU from it.',
      steps: [
        'Put https:// instead of http:// in front of the address.',
        'If the page runs on this computer, open it at http://127.0.0.1 or http://localhost, with its port, not under another name.',
      ],
    }
  }
  if (device.webgpu === 'available') return undefined
  return device.webgpu === 'missing' ? withoutWebGpu(identity) : withoutAdapter(identity)
}

/** Chromium names the page on which it says what it does with the GPU the same in all its browsers. */
const SEE_CHROMIUM_STATUS =
  'Open chrome://gpu: under “Graphics Feature Status” it says whether WebGPU is on, and below why not.'

const TURN_ON_ACCELERATION =
  'Open chrome://settings/system, turn on “Use graphics acceleration when available”, and start the browser anew.'

const START_ON_LINUX =
  'Close all windows of the browser and start it from a terminal with ' +
  '--enable-unsafe-webgpu --ozone-platform=x11 --use-angle=vulkan --enable-features=Vulkan,VulkanFromANGLE.'

const INSTALL_VULKAN =
  'Install the Vulkan driver of the GPU (for Intel and AMD often a package named mesa-vulkan-drivers); vulkaninfo lists the GPU once it works.'

const USE_CHROME = 'Or use a current Chrome or Edge, which have WebGPU on most devices.'

const LEAVE_LOCKDOWN = 'Lockdown Mode turns WebGPU off: leave it for this site in the page menu of the address bar.'

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
    if (version < since)
      return tooOld(`This browser is too old for WebGPU, which it has since version ${since}.`, USE_CHROME)
    return { title: 'WebGPU is off in this browser.', steps: chromiumSteps(system) }
  }
  if (browser === 'firefox') return withoutWebGpuInFirefox(system, version)
  if (browser === 'safari') {
    const name = system === 'ios' ? 'iOS and iPadOS' : 'Safari'
    if (version < 26) {
      return {
        title: `WebGPU comes with ${name} 26, and this is an older version.`,
        steps: [
          system === 'ios'
            ? 'Update the system in Settings → General → Software Update. All browsers on it get WebGPU that way.'
            : 'Update to macOS 26, which brings it.',
          system === 'ios'
            ? 'With iOS 18 it can be turned on in Settings → Apps → Safari → Advanced → Feature Flags → WebGPU.'
            : USE_CHROME,
        ],
      }
    }
    return {
      title: 'WebGPU is off in this browser.',
      steps: [LEAVE_LOCKDOWN, ...(system === 'ios' ? [] : [USE_CHROME])],
    }
  }
  return {
    title: 'This browser has no WebGPU.',
    steps: ['Open the page in a current Chrome, Edge, Firefox or Safari, not inside another app.'],
  }
}

function chromiumSteps(system: BrowserIdentity['system']): string[] {
  switch (system) {
    case 'linux':
      return [
        'On Linux it is on for Intel GPUs since Chrome 144 (12th generation and later) and for NVIDIA since 147 (driver 535 and later).',
        START_ON_LINUX,
        INSTALL_VULKAN,
        SEE_CHROMIUM_STATUS,
      ]
    case 'android':
      return [
        'WebGPU needs Android 12 or later: look for an update of the system.',
        'Open the page in Chrome itself, not inside another app.',
      ]
    case 'windows':
      return [
        TURN_ON_ACCELERATION,
        'On Windows for ARM, turn it on at chrome://flags/#enable-unsafe-webgpu and start the browser anew.',
        SEE_CHROMIUM_STATUS,
      ]
    default:
      return [TURN_ON_ACCELERATION, SEE_CHROMIUM_STATUS]
  }
}

function withoutWebGpuInFirefox(system: BrowserIdentity['system'], version: number): GpuAdvice {
  const since = system === 'windows' ? 141 : system === 'macos' ? 145 : undefined
  if (since === undefined) {
    return {
      title: 'Firefox has no WebGPU on this system yet, unless it is turned on by hand.',
      steps:
        system === 'android'
          ? ['Use a current Chrome, which has WebGPU on most devices with Android 12 or later.']
          : [TURN_ON_IN_FIREFOX, 'Firefox Nightly has it on already.', USE_CHROME],
    }
  }
  if (version < since)
    return tooOld(`This Firefox is too old for WebGPU, which it has since version ${since}.`, USE_CHROME)
  return {
    title: 'WebGPU is off in this Firefox.',
    steps: [
      ...(system === 'macos'
        ? ['Firefox has it on Macs with Apple silicon only, since version 147 also before macOS 26.']
        : []),
      TURN_ON_IN_FIREFOX,
      USE_CHROME,
    ],
  }
}

const TURN_ON_IN_FIREFOX = 'Open about:config, set dom.webgpu.enabled to true, and start Firefox anew.'

function withoutAdapter({ browser, system }: BrowserIdentity): GpuAdvice {
  return {
    title:
      'This browser has WebGPU, but no GPU that it may use: there is none, its driver is blocked, or acceleration is off.',
    steps: [
      ...(browser === 'chromium' && system !== 'android' ? [TURN_ON_ACCELERATION] : []),
      ...updateDriver(system),
      ...(browser === 'chromium' && system === 'linux' ? [START_ON_LINUX] : []),
      ...(browser === 'chromium'
        ? [
            'If the GPU is on the list of those that make trouble, it can be tried all the same: ' +
              'turn on chrome://flags/#ignore-gpu-blocklist and chrome://flags/#enable-unsafe-webgpu and start the browser anew.',
            SEE_CHROMIUM_STATUS,
          ]
        : []),
      ...(browser === 'firefox'
        ? [
            'If the GPU is on the list of those that make trouble, it can be tried all the same: set gfx.webgpu.ignore-blocklist to true in about:config.',
          ]
        : []),
      ...(browser === 'safari' ? [LEAVE_LOCKDOWN] : []),
      ...(system === 'ios' || system === 'android'
        ? []
        : ['Remote desktops and virtual machines often have no GPU: use the computer itself.']),
    ],
  }
}

function updateDriver(system: BrowserIdentity['system']): string[] {
  switch (system) {
    case 'windows':
      return ["Install the newest graphics driver from the GPU's maker, and start the computer anew."]
    case 'linux':
      return [INSTALL_VULKAN]
    default:
      return ['Install the updates of the system, which bring the graphics driver, and start the device anew.']
  }
}

function tooOld(title: string, otherwise: string): GpuAdvice {
  return { title, steps: ['Update the browser and start it anew.', otherwise] }
}
