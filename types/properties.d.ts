import type { ModelDescription } from '../dist/lib/index.js'
import type { ReflectionChatElement, ReflectionChatEventMap } from '../dist/lib/widget/element.js'

/** What a framework may set on a `<reflection-chat>`, as attributes or properties. */
export type ReflectionChatProperties = Partial<
  Pick<
    ReflectionChatElement,
    | 'mode'
    | 'theme'
    | 'placeholder'
    | 'preload'
    | 'persist'
    | 'src'
    | 'variant'
    | 'name'
    | 'engine'
    | 'systemPrompt'
    | 'messages'
    | 'suggestions'
    | 'sampling'
  >
> & { model?: string | ModelDescription }

/** Listeners of its events, by their names after a prefix. */
export type ReflectionChatListeners<Prefix extends string> = {
  [Name in keyof ReflectionChatEventMap as `${Prefix}${Name}`]?: (event: ReflectionChatEventMap[Name]) => void
}

type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name

/** Listeners by the names that Vue gives them, such as `onReflectionMessage` for `@reflection-message`. */
export type ReflectionChatVueListeners = {
  [Name in keyof ReflectionChatEventMap as `on${Capitalize<Camel<Name>>}`]?: (
    event: ReflectionChatEventMap[Name],
  ) => void
}
