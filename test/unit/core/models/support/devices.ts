import type { Capabilities } from '../../../../../src/core/engine.ts'

/** A desktop with a good GPU, in Chrome. */
export const desktop: Capabilities = {
  webgpu: 'available',
  adapter: { name: 'NVIDIA GeForce RTX 4070', vendor: 'nvidia', architecture: 'lovelace', isFallback: false },
  processor: { isUsable: true, threads: 1, weightsPerSecond: 3e9 },
  features: ['shader-f16', 'subgroups'],
  limits: {
    maxBufferSize: 4 * 2 ** 30,
    maxStorageBufferBindingSize: 2 ** 31 - 4,
    maxComputeWorkgroupStorageSize: 49_152,
    maxStorageBuffersPerShaderStage: 10,
    maxComputeInvocationsPerWorkgroup: 1024,
  },
  deviceMemoryBytes: 8 * 2 ** 30,
  storage: { quotaBytes: 500e9, usedBytes: 1e9 },
  isSecureContext: true,
}

/** A desktop without a GPU. */
export const software: Capabilities = {
  ...desktop,
  adapter: { name: 'SwiftShader', vendor: 'google', architecture: 'swiftshader', isFallback: true },
}
