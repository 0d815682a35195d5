/** What decides how WebGPU comes to a browser. */
export interface BrowserIdentity {
  /** By its engine: all browsers on iOS are `safari`, Edge and Opera are `chromium`. */
  readonly browser: 'chromium' | 'firefox' | 'safari' | 'other'
  readonly system: 'windows' | 'macos' | 'linux' | 'android' | 'ios' | 'chromeos' | 'other'
  /** First number of the version; absent when the browser does not say. On iOS that of the system. */
  readonly version?: number
}

/**
 * Reads who the browser says it is. Only advice may hang on it: what a browser can do, ask the browser.
 * @param userAgent - `navigator.userAgent`.
 * @param touchPoints - `navigator.maxTouchPoints`: iPads pass for Macs, but no Mac has a touch screen.
 */
export function identifyBrowser(userAgent: string, touchPoints = 0): BrowserIdentity {
  const system = systemOf(userAgent, touchPoints)
  if (system === 'ios') {
    // Safari keeps to an old version of the system; the other browsers there give no version of Safari.
    const version = userAgent.includes('Version/') ? /Version\/(\d+)/ : /OS (\d+)/
    return { browser: 'safari', system, ...versionAfter(version, userAgent) }
  }
  if (userAgent.includes('Firefox/'))
    return { browser: 'firefox', system, ...versionAfter(/Firefox\/(\d+)/, userAgent) }
  const chromium = /(?:Chrome|Chromium)\/(\d+)/
  if (chromium.test(userAgent)) return { browser: 'chromium', system, ...versionAfter(chromium, userAgent) }
  if (system === 'macos' && userAgent.includes('Safari/')) {
    return { browser: 'safari', system, ...versionAfter(/Version\/(\d+)/, userAgent) }
  }
  return { browser: 'other', system }
}

function systemOf(userAgent: string, touchPoints: number): BrowserIdentity['system'] {
  if (/iPhone|iPad|iPod/.test(userAgent)) return 'ios'
  if (userAgent.includes('Macintosh')) return touchPoints > 1 ? 'ios' : 'macos'
  if (userAgent.includes('Windows')) return 'windows'
  if (userAgent.includes('Android')) return 'android'
  if (userAgent.includes('CrOS')) return 'chromeos'
  return userAgent.includes('Linux') ? 'linux' : 'other'
}

function versionAfter(pattern: RegExp, userAgent: string): { version?: number } {
  const digits = pattern.exec(userAgent)?.[1]
  return digits === undefined ? {} : { version: Number(digits) }
}
