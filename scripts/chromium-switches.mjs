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
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
}
