import { ReflectionError } from './errors.ts'

/** How long the browser may take to answer for the GPU, milliseconds: a driver that wakes up takes seconds, one that hangs never answers. */
const GPU_PATIENCE_MS = 60_000

/**
 * What the browser answers for the GPU.
 * @throws {ReflectionError} `adapter-missing` when no answer comes; and what the work rejects with.
 */
export async function answerOfGpu<Value>(work: Promise<Value>, patienceMs = GPU_PATIENCE_MS): Promise<Value> {
  let silence: ReturnType<typeof setTimeout> | undefined
  const silent = new Promise<never>((_, reject) => {
    silence = setTimeout(() => reject(noAnswer(patienceMs)), patienceMs)
  })
  try {
    return await Promise.race([work, silent])
  } finally {
    clearTimeout(silence)
  }
}

/** The adapter that WebLLM will ask for too; null where there is none, and where the GPU does not answer in time. */
export function adapterOf<Adapter>(
  gpu: { requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<Adapter | null> },
  patienceMs?: number,
): Promise<Adapter | null> {
  return answerOfGpu(gpu.requestAdapter({ powerPreference: 'high-performance' }), patienceMs).catch(() => null)
}

function noAnswer(patienceMs: number): ReflectionError {
  return new ReflectionError(
    'adapter-missing',
    `The GPU has not answered for ${Math.round(patienceMs / 1000)} seconds. Close other tabs and programs that use it and start the browser anew, then load the model again; if it stays so, update the graphics driver.`,
  )
}
