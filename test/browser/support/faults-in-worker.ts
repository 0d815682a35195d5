/** Faults of a worker's world that a page injects, one at a time, over a channel of this name; the worker says that it heard. */
export const FAULTS_CHANNEL = 'test-faults'

/**
 * - `lose-device`: every GPU device is destroyed now.
 * - `abort`: the next work that a model library gives the GPU traps, as an abort inside the library does.
 * - `gpu-memory`: the next large buffer is asked for in a size that no GPU has.
 * - `crash`: an error that nobody catches.
 */
export type Fault = 'lose-device' | 'abort' | 'gpu-memory' | 'crash'

const LARGE_BYTES = 100_000

if ('WorkerGlobalScope' in globalThis) {
  const devices = new Set<GPUDevice>()
  let next: Fault | undefined
  const isNext = (fault: Fault) => {
    if (next !== fault) return false
    next = undefined
    return true
  }

  const { requestDevice } = GPUAdapter.prototype
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor)
    devices.add(device)
    return device
  }
  const { createBuffer } = GPUDevice.prototype
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const isMeant = descriptor.size >= LARGE_BYTES && isNext('gpu-memory')
    return createBuffer.call(this, isMeant ? { ...descriptor, size: 2 ** 50 } : descriptor)
  }
  const { submit } = GPUQueue.prototype
  GPUQueue.prototype.submit = function (buffers) {
    if (isNext('abort')) throw new WebAssembly.RuntimeError('unreachable')
    return submit.call(this, buffers)
  }
  const channel = new BroadcastChannel(FAULTS_CHANNEL)
  channel.addEventListener('message', ({ data }: MessageEvent<Fault>) => {
    next = data
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    channel.postMessage('heard')
    if (isNext('lose-device')) for (const device of devices) device.destroy()
    if (isNext('crash')) throw new Error('a fault that a test injected')
  })
}
