import { env } from 'node:process'

/**
 * How Chromium is started for checks: WebGPU without a display. SwiftShader plays the GPU, so that results do not depend on the
 * machine; GPU=real leaves the choice to Chromium.
 */
export const CHROMIUM_SWITCHES = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  ...(env.GPU === 'real' ? ['--enable-features=Vulkan'] : ['--use-webgpu-adapter=swiftshader']),
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
