/**
 * Runs in the page: loads a model with unmodified WebLLM and does jobs with it, one after the other. Everything it returns
 * is plain data. `model/harness/run.mjs` calls it.
 */
import * as webllm from '/web-llm.js'

const MODEL = 'checked'

/** What a shader asks of the device, read from its WGSL: the numbers that limit where it runs. */
function describeShader(code) {
  const size = /@workgroup_size\(([^)]*)\)/.exec(code)?.[1] ?? '1'
  const sizes = size.split(',').map(Number)
  const bytes = { f32: 4, i32: 4, u32: 4, f16: 2 }
  const shared = [...code.matchAll(/var<workgroup>\s*\w+\s*:\s*array<(\w+),\s*(\d+)>/g)]
  return {
    threads: sizes.reduce((product, one) => product * one, 1),
    widest: Math.max(...sizes),
    storageBuffers: [...code.matchAll(/var<storage/g)].length,
    workgroupBytes: shared.reduce((sum, [, type, count]) => sum + (bytes[type] ?? 4) * Number(count), 0),
  }
}

const shaders = []
const createShaderModule = GPUDevice.prototype.createShaderModule
GPUDevice.prototype.createShaderModule = function (descriptor) {
  shaders.push(describeShader(descriptor.code))
  return createShaderModule.call(this, descriptor)
}

/** Keeps the logits of every step while somebody wants them. */
class Recorder {
  wanted = false
  rows = []
  processLogits(logits) {
    if (this.wanted) this.rows.push(Float32Array.from(logits))
    return logits
  }
  processSampledToken() {}
  resetState() {}
}

let engine
const recorder = new Recorder()

function toBase64(rows) {
  const bytes = new Uint8Array(rows.reduce((sum, row) => sum + row.byteLength, 0))
  let at = 0
  for (const row of rows) {
    bytes.set(new Uint8Array(row.buffer), at)
    at += row.byteLength
  }
  let text = ''
  for (let start = 0; start < bytes.length; start += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000))
  }
  return btoa(text)
}

function argmax(row) {
  let best = 0
  for (let index = 1; index < row.length; index++) if (row[index] > row[best]) best = index
  return best
}

const JOBS = {
  /** Loads the model, in place of one that is loaded; says what its kernels ask for. */
  async load({ library, record }) {
    await engine?.unload()
    shaders.length = 0
    const address = `${location.origin}/model/resolve/checked/`
    const entry = { model: address, model_id: MODEL, model_lib: address + library }
    engine = new webllm.MLCEngine({
      appConfig: { model_list: [entry] },
      logLevel: 'ERROR',
      // A registered processor makes WebLLM read all logits back at every token: only where they are asked for.
      ...(record ? { logitProcessorRegistry: new Map([[MODEL, recorder]]) } : {}),
    })
    const started = performance.now()
    await engine.reload(MODEL)
    return { seconds: (performance.now() - started) / 1000, kernels: [...shaders] }
  },

  /**
   * Logits after a prompt, then after each forced token, or after each of `greedy` tokens that the logits themselves choose.
   * They come as base64 of little-endian float32, row after row.
   */
  async forward({ prompt, forced = [], greedy = 0 }) {
    await engine.resetChat()
    recorder.rows = []
    recorder.wanted = true
    const chosen = []
    await engine.forwardTokensAndSample(prompt, true)
    for (const token of forced) await engine.forwardTokensAndSample([token], false)
    for (let count = 0; count < greedy; count++) {
      chosen.push(argmax(recorder.rows.at(-1)))
      if (count + 1 < greedy) await engine.forwardTokensAndSample([chosen.at(-1)], false)
    }
    recorder.wanted = false
    return { rows: recorder.rows.length, logits: toBase64(recorder.rows), chosen }
  },

  /** What WebLLM's sampler draws after a prompt, again and again; `seed` fixes the series. */
  async draw({ prompt, count, seed, temperature, top_p }) {
    // The seed and the settings of a request last only as long as the request, so the pipeline itself is told.
    const pipeline = engine.loadedModelIdToPipeline.get(MODEL)
    pipeline.setSeed(seed)
    Object.assign(pipeline.config, { temperature, top_p })
    const drawn = []
    for (let index = 0; index < count; index++) {
      await engine.resetChat()
      drawn.push(await engine.forwardTokensAndSample(prompt, true))
    }
    return { drawn }
  },

  /** A chat completion; `fresh` forgets the conversation before it. */
  async chat({ request, fresh = true }) {
    if (fresh) await engine.resetChat()
    const reply = await engine.chat.completions.create({ ...request, stream: false })
    const { message, finish_reason } = reply.choices[0]
    return { text: message.content, finish: finish_reason, usage: reply.usage }
  },
}

globalThis.runJob = async ({ type, ...job }) => JOBS[type](job)
