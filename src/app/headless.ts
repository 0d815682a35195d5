import { createEngine } from '../client/create-engine.ts'
import { startWorker } from '../client/start-worker.ts'
import { checkOptions } from '../core/check-options.ts'
import { REFLECTION_SYSTEM_PROMPT } from '../core/chat/system-prompt.ts'
import type { ChatMessage } from '../core/engine.ts'
import { readEngineChoice } from '../core/engine-choice.ts'
import { ReflectionError } from '../core/errors.ts'
import { findModel } from '../core/models/find-model.ts'
import type { Headless, Outcome } from '../protocol/headless.ts'

/** `?engine=` names what models run on. */
const choice = readEngineChoice(new URLSearchParams(location.search).get('engine')) ?? 'auto'
const engine = createEngine({ createWorker: startWorker, engine: choice })

async function outcome<Value>(work: Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await work }
  } catch (error) {
    return failure(error)
  }
}

function failure(error: unknown): { code: string; message: string } {
  const { code, message } = ReflectionError.from(error)
  return { code, message }
}

const headless: Headless = {
  systemPrompt: REFLECTION_SYSTEM_PROMPT,
  capabilities: () => outcome(engine.capabilities()),
  check(options) {
    try {
      checkOptions(options)
      return { value: true }
    } catch (error) {
      return failure(error)
    }
  },
  load: (name, onProgress) =>
    outcome(findModel(name, document.baseURI).then((model) => engine.load(model, { onProgress }))),
  ask(question, options, system = REFLECTION_SYSTEM_PROMPT, onEvents) {
    const instructions: ChatMessage[] = system ? [{ role: 'system', content: system }] : []
    const messages: ChatMessage[] = [...instructions, { role: 'user', content: question }]
    return outcome(engine.generate({ messages, options }, onEvents))
  },
  generate: (request, onEvents) => outcome(engine.generate(request, onEvents)),
}

Object.assign(globalThis, { secondThought: headless })
