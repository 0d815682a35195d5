import { describe, expect, test } from 'vitest'
import { identifyBrowser, type BrowserIdentity } from '../../../../src/core/models/identify-browser.ts'
import { missingGpuAdvice, type GpuAdvice } from '../../../../src/core/models/missing-gpu-advice.ts'
import { gpuAdviceTitle } from '../../../../src/ui/models/gpu-advice-card.ts'
import { gpuAdviceEn, type GpuAdviceWords } from '../../../../src/ui/words/gpu-advice-en.ts'
import { LANGUAGES, loadGpuAdviceWords, type LanguageTag } from '../../../../src/ui/words/locales.ts'

const languages = await Promise.all((Object.keys(LANGUAGES) as LanguageTag[]).map(loadGpuAdviceWords))

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const agents = {
  chromeWindows: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/148.0.0.0 Safari/537.36`,
  oldChrome: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/109.0.0.0 Safari/537.36`,
  edge: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/148.0.0.0 Safari/537.36 Edg/148.0.0.0`,
  chromeLinux: `Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/148.0.0.0 Safari/537.36`,
  chromeAndroid: `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/148.0.0.0 Mobile Safari/537.36`,
  chromeOs: `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/148.0.0.0 Safari/537.36`,
  chromeIos:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/148.0.0.0 Mobile/15E148 Safari/604.1',
  firefoxWindows: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  firefoxMac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0',
  firefoxLinux: 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
  firefoxAndroid: 'Mozilla/5.0 (Android 14; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0',
  safari:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  safariIos:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
}

const missing = { webgpu: 'missing', isSecureContext: true } as const
const noAdapter = { webgpu: 'no-adapter', isSecureContext: true } as const

const adviceFor = (agent: string, device: Parameters<typeof missingGpuAdvice>[1], touchPoints = 0) => {
  const advice = missingGpuAdvice(identifyBrowser(agent, touchPoints), device)
  return advice === undefined ? '' : wordsOf(advice, gpuAdviceEn)
}

/** The whole advice as a page words it. */
function wordsOf(advice: GpuAdvice, words: GpuAdviceWords): string {
  return [gpuAdviceTitle(advice, words), ...advice.steps.map((step) => words.steps[step])].join('\n')
}

describe('who a browser says it is', () => {
  test.each<[keyof typeof agents, BrowserIdentity]>([
    ['chromeWindows', { browser: 'chromium', system: 'windows', version: 148 }],
    ['edge', { browser: 'chromium', system: 'windows', version: 148 }],
    ['chromeLinux', { browser: 'chromium', system: 'linux', version: 148 }],
    ['chromeAndroid', { browser: 'chromium', system: 'android', version: 148 }],
    ['chromeOs', { browser: 'chromium', system: 'chromeos', version: 148 }],
    ['chromeIos', { browser: 'safari', system: 'ios', version: 17 }],
    ['firefoxWindows', { browser: 'firefox', system: 'windows', version: 140 }],
    ['firefoxMac', { browser: 'firefox', system: 'macos', version: 150 }],
    ['firefoxAndroid', { browser: 'firefox', system: 'android', version: 150 }],
    ['safari', { browser: 'safari', system: 'macos', version: 18 }],
    ['safariIos', { browser: 'safari', system: 'ios', version: 26 }],
  ])('is read from the user agent: %s', (name, identity) => {
    expect(identifyBrowser(agents[name])).toEqual(identity)
  })

  test('an iPad that passes for a Mac is known by its touch screen', () => {
    expect(identifyBrowser(agents.safari, 5)).toEqual({ browser: 'safari', system: 'ios', version: 18 })
  })

  test('may be nothing that we know', () => {
    expect(identifyBrowser('')).toEqual({ browser: 'other', system: 'other' })
  })
})

describe('advice', () => {
  test('is given only where something is missing', () => {
    const device = { webgpu: 'available', isSecureContext: true } as const
    expect(missingGpuAdvice(identifyBrowser(agents.chromeWindows), device)).toBeUndefined()
  })

  test('on a page without https speaks of that first, in every browser', () => {
    for (const agent of Object.values(agents)) {
      expect(adviceFor(agent, { webgpu: 'missing', isSecureContext: false })).toContain('https://')
    }
  })

  test.each<[string, keyof typeof agents, RegExp]>([
    ['an old Chrome', 'oldChrome', /since version 113[^]*Update the browser/],
    ['Chrome on Windows', 'chromeWindows', /chrome:\/\/settings\/system/],
    ['Chrome on Linux', 'chromeLinux', /--enable-unsafe-webgpu[^]*Vulkan/],
    ['Chrome on Android', 'chromeAndroid', /Android 12/],
    ['Chrome on iOS', 'chromeIos', /Software Update/],
    ['an old Firefox on Windows', 'firefoxWindows', /since version 141/],
    ['Firefox on a Mac', 'firefoxMac', /Apple silicon[^]*dom\.webgpu\.enabled/],
    ['Firefox on Linux', 'firefoxLinux', /dom\.webgpu\.enabled[^]*Chrome/],
    ['Firefox on Android', 'firefoxAndroid', /Chrome/],
    ['an old Safari', 'safari', /Safari 26[^]*macOS 26/],
    ['a new Safari on iOS', 'safariIos', /Lockdown Mode/],
  ])('without WebGPU fits %s', (_, name, wanted) => {
    expect(adviceFor(agents[name], missing)).toMatch(wanted)
  })

  test('for an iPad with an old system is that of iOS, not of the Mac', () => {
    expect(adviceFor(agents.safari, missing, 5)).toMatch(/iPadOS 26/)
  })

  test.each<[string, keyof typeof agents, RegExp]>([
    ['Chrome on Windows', 'chromeWindows', /graphics driver[^]*#ignore-gpu-blocklist/],
    ['Chrome on Linux', 'chromeLinux', /mesa-vulkan-drivers[^]*--enable-features=Vulkan/],
    ['Firefox on Windows', 'firefoxWindows', /gfx\.webgpu\.ignore-blocklist/],
    ['Safari', 'safari', /Lockdown Mode/],
  ])('without a usable GPU fits %s', (_, name, wanted) => {
    expect(adviceFor(agents[name], noAdapter)).toMatch(wanted)
  })

  test('never sends people to settings of another browser', () => {
    for (const device of [missing, noAdapter]) {
      for (const agent of [
        agents.safari,
        agents.safariIos,
        agents.chromeIos,
        agents.firefoxMac,
        agents.firefoxLinux,
        '',
      ]) {
        expect(adviceFor(agent, device)).not.toContain('chrome://')
      }
      for (const agent of [agents.chromeLinux, agents.edge, agents.safari]) {
        expect(adviceFor(agent, device)).not.toContain('about:config')
      }
    }
  })

  test('has a title and a step for every browser, system and lack', () => {
    const browsers: BrowserIdentity['browser'][] = ['chromium', 'firefox', 'safari', 'other']
    const systems: BrowserIdentity['system'][] = ['windows', 'macos', 'linux', 'android', 'ios', 'chromeos', 'other']
    for (const device of [missing, noAdapter]) {
      for (const browser of browsers) {
        for (const system of systems) {
          const advice = missingGpuAdvice({ browser, system }, device)
          expect(advice?.steps.length).toBeGreaterThan(0)
          for (const words of languages) {
            const lines = advice === undefined ? [] : wordsOf(advice, words).split('\n')
            expect(lines.filter((line) => line.length < 6 || line.includes('undefined'))).toEqual([])
          }
        }
      }
    }
  })
})
