import type { Engine } from '../../core/engine.ts'
import { optionsFor, type ConversationOptions } from '../reply/conversation-for.ts'
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from './chat-completion.ts'
import { completeChat, streamChat, type RequestControl } from './create-chat-completion.ts'
import { completeResponse, streamResponse } from './create-response.ts'
import type { Fields } from './read-settings.ts'
import type { Response, ResponseRequest, ResponseStreamEvent } from './response.ts'

/** An engine in the shape of OpenAI's client: what both have in common, by the same names. */
export interface OpenAIShaped {
  readonly chat: { readonly completions: ChatCompletions }
  readonly responses: Responses
}

export interface ChatCompletions {
  /**
   * With `stream: true` resolves to chunks; leaving the loop ends the run. Else to the whole reply.
   * @throws {ReflectionError} `request-invalid`, `unsupported`, and what `Engine.generate` throws.
   * @throws The signal's reason when aborted, also while chunks are read.
   */
  create(
    request: ChatCompletionRequest & { readonly stream: true },
    control?: RequestControl,
  ): Promise<AsyncGenerator<ChatCompletionChunk, void, undefined>>
  create(
    request: ChatCompletionRequest & { readonly stream?: false | null },
    control?: RequestControl,
  ): Promise<ChatCompletion>
}

export interface Responses {
  /** The same for the Responses shape. */
  create(
    request: ResponseRequest & { readonly stream: true },
    control?: RequestControl,
  ): Promise<AsyncGenerator<ResponseStreamEvent, void, undefined>>
  create(request: ResponseRequest & { readonly stream?: false | null }, control?: RequestControl): Promise<Response>
}

/** Gives an engine the shape of OpenAI's client. The engine's model has to be loaded; which one it is, no request changes. */
export function createOpenAI(engine: Engine, options: ConversationOptions = {}): OpenAIShaped {
  async function createChat(request: ChatCompletionRequest, control: RequestControl = {}) {
    control.signal?.throwIfAborted()
    const fields = request as unknown as Fields
    const told = await optionsFor(engine, options, control.signal)
    return request.stream === true
      ? streamChat(engine, fields, told, control)
      : completeChat(engine, fields, told, control)
  }

  async function createResponse(request: ResponseRequest, control: RequestControl = {}) {
    control.signal?.throwIfAborted()
    const fields = request as unknown as Fields
    const told = await optionsFor(engine, options, control.signal)
    return request.stream === true
      ? streamResponse(engine, fields, told, control)
      : completeResponse(engine, fields, told, control)
  }

  return {
    chat: { completions: { create: createChat as ChatCompletions['create'] } },
    responses: { create: createResponse as Responses['create'] },
  }
}
