/**
 * What Chromium shall not do. The first two fill a list below the address bar, which nobody sees here, in a process of its own for
 * every window: ten times the work of a small page. The others are what Playwright turns off by itself; Chromium heeds only the last
 * list that it is given, which is ours.
 */
const FEATURES_OFF = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
]

/**
 * How Chromium is started without a display, with WebGPU.
 * @param {{ realGpu?: boolean }} [options] By default SwiftShader plays the GPU, so that results do not depend on the machine;
 * `realGpu` leaves the choice to Chromium.
 * @returns {string[]}
 */
export function chromiumSwitches({ realGpu = false } = {}) {
  return [
    '--no-sandbox',
    '--enable-unsafe-webgpu',
    ...(realGpu ? ['--enable-features=Vulkan'] : ['--use-webgpu-adapter=swiftshader']),
    `--disable-features=${FEATURES_OFF.join(',')}`,
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
}
