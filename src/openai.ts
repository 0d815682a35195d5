/**
 * The public entry `./openai`: an engine in the shape of OpenAI's client, and as a `fetch` that the client itself can use; and the other way
 * round, an engine over a server of that protocol.
 */
export { createFetch } from './adapters/openai/create-fetch.ts'
export {
  createOpenAI,
  type ChatCompletions,
  type OpenAIShaped,
  type Responses,
} from './adapters/openai/create-openai.ts'
export type { RequestControl } from './adapters/openai/create-chat-completion.ts'
export type {
  ChatCompletion,
  ChatCompletionChoice,
  ChatCompletionChunk,
  ChatCompletionChunkChoice,
  ChatCompletionMessage,
  ChatCompletionRequest,
  ChatDelta,
  ChatFinishReason,
  ChatLogprob,
  ChatLogprobs,
  ChatUsage,
  ResponseFormat,
} from './adapters/openai/chat-completion.ts'
export type {
  Response,
  ResponseInputItem,
  ResponseMessageItem,
  ResponseOutputItem,
  ResponseOutputText,
  ResponsePlace,
  ResponseReasoningItem,
  ResponseReasoningText,
  ResponseRequest,
  ResponseStreamEvent,
  ResponseTextFormat,
  ResponseUsage,
} from './adapters/openai/response.ts'
export type { ConversationOptions } from './adapters/reply/conversation-for.ts'
export { createRemoteEngine, type RemoteEngineOptions } from './adapters/remote/create-remote-engine.ts'
export {
  describeRemoteModel,
  type RemoteModel,
  type RemoteModelOptions,
} from './adapters/remote/describe-remote-model.ts'
export type { RemoteServer } from './core/models/remote-server.ts'
