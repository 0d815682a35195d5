import { nothing, render } from 'lit/html.js'
import { atom, type WritableAtom } from 'nanostores'
import { EMPTY_DRAFT } from '../core/chat/message-draft.ts'
import { checkOptions } from '../core/check-options.ts'
import type { Conversation } from '../core/chat/conversation.ts'
import type { ChatMessage, Engine } from '../core/engine.ts'
import { ReflectionError } from '../core/errors.ts'
import type { ModelDescription } from '../core/models/model-description.ts'
import type { ThinkingMode } from '../state/preferences.ts'
import { DEFAULT_SETTINGS, type ChatSettings } from '../state/settings.ts'
import { originOf } from '../ui/parts/event-origin.ts'
import { languageOf, loadLocale, type LanguageTag, type Locale } from '../ui/words/locales.ts'
import type { ReflectionChatEventMap } from './chat-events.ts'
import { createChatShell, type ChatShell } from './chat-shell.ts'
import { chatStyles } from './chat-styles.ts'
import { firstView } from './first-view.ts'
import type { LivingChat } from './living-chat.ts'

/** What the page may say about how replies are written; all of it optional. */
export type ReflectionSampling = Partial<
  Pick<ChatSettings, 'temperature' | 'topP' | 'maxTokens' | 'thinkBudget' | 'selfCheck'>
>

/** How long an element that was taken out of the page waits to be put in elsewhere, milliseconds; a running reply goes on meanwhile. */
const WAITS_MS = 500

/** Where there is no document, as on a server, the class can be named but not made. */
const Base = globalThis.HTMLElement ?? (Object as unknown as typeof HTMLElement)

/**
 * `<reflection-chat>`: the chat of Second Thought as an element. It shows at once, and fetches worker and model when the visitor first
 * touches it, or with `preload`.
 */
export class ReflectionChatElement extends Base {
  static readonly formAssociated = true
  static readonly observedAttributes: readonly string[] = [
    'model',
    'mode',
    'lang',
    'placeholder',
    'preload',
    'persist',
    'src',
    'variant',
  ]

  readonly #internals = this.attachInternals()
  readonly #root = this.attachShadow({ mode: 'open' })
  readonly #thinking: WritableAtom<ThinkingMode> = atom('standard')
  readonly #draft = atom(EMPTY_DRAFT)
  readonly #placeholder: WritableAtom<string | undefined> = atom(undefined)
  readonly #suggestions: WritableAtom<readonly string[] | undefined> = atom(undefined)
  readonly #settings: WritableAtom<ChatSettings> = atom(DEFAULT_SETTINGS)
  #locale: WritableAtom<Locale> | undefined // once its words are there
  #shell: ChatShell | undefined // from the first time in a page on
  #engine: Engine | undefined
  #described: ModelDescription | undefined // the model, where the page gave more than its name
  #before: Conversation | undefined // what it showed when it lived the last time
  #given: readonly ChatMessage[] | undefined // what the page wants shown, until it is
  #coming: Promise<LivingChat> | undefined
  #chat: LivingChat | undefined
  #leaving: ReturnType<typeof setTimeout> | undefined

  // What the page says

  /**
   * Id or address of a model, as in `createEngine`; also takes a description, as of a model on a server, and then has its id. Default: the
   * one that `engine` has or was made for, or the embedded one.
   */
  get model(): string {
    return this.#described?.id ?? this.getAttribute('model') ?? 'reflection-tiny'
  }
  set model(model: string | ModelDescription | undefined) {
    const described = typeof model === 'object' ? model : undefined
    const isOther = described !== this.#described
    this.#described = described
    this.#reflect('model', typeof model === 'string' ? model : undefined)
    if (isOther) this.#beginAnew()
  }

  /** How thinking is shown: as a line that opens, live with its costs, or not at all. The visitor can change it. Default: `standard`. */
  get mode(): ThinkingMode {
    return this.#thinking.get()
  }
  set mode(mode: ThinkingMode) {
    this.#reflect('mode', mode)
  }

  /** `light`, `dark`, or `system`; absent for that of the page around. */
  get theme(): string | null {
    return this.getAttribute('theme')
  }
  set theme(theme: string | null) {
    this.#reflect('theme', theme)
  }

  /** What stands in the empty field; absent for our own words. */
  get placeholder(): string | null {
    return this.getAttribute('placeholder')
  }
  set placeholder(text: string | null) {
    this.#reflect('placeholder', text)
  }

  /** Whether the model is loaded at once and not when the visitor first touches the chat. */
  get preload(): boolean {
    return this.hasAttribute('preload')
  }
  set preload(isWanted: boolean) {
    this.toggleAttribute('preload', Boolean(isWanted)) // undefined would toggle it
  }

  /** Where the chat is kept: nowhere, for this tab, or for this site. Default: `none`. Several on one page need an `id` or a `name`. */
  get persist(): 'none' | 'session' | 'local' {
    const value = this.getAttribute('persist')
    return value === 'session' || value === 'local' ? value : 'none'
  }
  set persist(where: 'none' | 'session' | 'local') {
    this.#reflect('persist', where)
  }

  /** Address of the folder that `npx second-thought assets` wrote; absent for where the script lies, or with a bundler for `/second-thought/`. */
  get src(): string | null {
    return this.getAttribute('src')
  }
  set src(address: string | null) {
    this.#reflect('src', address)
  }

  /** A part of the page, or a button at the corner of the window that opens a panel. Default: `inline`. */
  get variant(): 'inline' | 'launcher' {
    return this.getAttribute('variant') === 'launcher' ? 'launcher' : 'inline'
  }
  set variant(variant: 'inline' | 'launcher') {
    this.#reflect('variant', variant)
  }

  /** Under which a form has the last answer. */
  get name(): string | null {
    return this.getAttribute('name')
  }
  set name(name: string | null) {
    this.#reflect('name', name)
  }

  /** The form that gets the last answer; null for none. */
  get form(): HTMLFormElement | null {
    return this.#internals.form
  }

  /** An engine that the page brings, shared with whatever else uses it; undefined for one of the element's own, which all chats share. */
  get engine(): Engine | undefined {
    return this.#engine
  }
  set engine(engine: Engine | undefined) {
    if (engine === this.#engine) return
    this.#engine = engine
    this.#beginAnew()
  }

  /** Instructions that follow the Reflection system prompt; empty for none. */
  get systemPrompt(): string {
    return this.#settings.get().instructions
  }
  set systemPrompt(instructions: string) {
    this.#settings.set({ ...this.#settings.get(), instructions: String(instructions ?? '') })
  }

  /** @throws {ReflectionError} `request-invalid` for values out of their range. */
  get sampling(): ReflectionSampling {
    const { temperature, topP, maxTokens, thinkBudget, selfCheck } = this.#settings.get()
    return definedOf({ temperature, topP, maxTokens, thinkBudget, selfCheck })
  }
  set sampling(sampling: ReflectionSampling) {
    const { temperature, topP, maxTokens, thinkBudget, selfCheck = 'normal' } = sampling ?? {}
    const given = definedOf({ temperature, topP, maxTokens, thinkBudget })
    checkOptions({ ...given, selfCheck })
    const { instructions } = this.#settings.get()
    this.#settings.set({ ...DEFAULT_SETTINGS, instructions, ...given, selfCheck })
  }

  /** Questions to begin with; undefined for those that the model is good at. */
  get suggestions(): readonly string[] | undefined {
    return this.#suggestions.get()
  }
  set suggestions(questions: readonly string[] | undefined) {
    this.#suggestions.set(questions?.map(String))
  }

  /**
   * The branch that is shown; of a reply all that the model wrote, tags included. Giving messages shows another chat, once the chat is there,
   * with its system message as its instructions; what is no list of messages is told as `import-invalid`.
   */
  get messages(): readonly ChatMessage[] {
    return this.#chat?.messages() ?? this.#given ?? []
  }
  set messages(messages: readonly ChatMessage[]) {
    this.#given = messages
    if (this.#chat === undefined) this.#appear()
    else this.#showGiven(this.#chat)
  }

  // What the page can do

  /**
   * Asks a question as the visitor would, and loads the model before if need be.
   * @returns The answer, without the thinking; of a reply that was stopped, as far as it came.
   * @throws The signal's reason when aborted.
   * @throws {ReflectionError} `request-invalid` while a reply is being written, or outside of a page; what the reply failed with.
   */
  async ask(question: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    signal?.throwIfAborted()
    return (await this.#live()).ask(question, signal)
  }

  /** Stops the reply that is being written; what was written of it stays. */
  stop(): void {
    this.#chat?.stop()
  }

  /** Shows a new, empty chat. */
  clear(): void {
    this.#before = undefined
    this.#given = undefined
    if (this.#chat === undefined) this.#internals.setFormValue(null)
    else this.#chat.clear()
  }

  /** The chat as text: all its branches as JSON (docs/chat-format.md), or the one that is shown as Markdown. */
  async export(format: 'json' | 'markdown' = 'json'): Promise<string> {
    return (await this.#live()).export(format)
  }

  /** Puts the cursor where messages are written; opens the panel of a launcher. */
  override focus(): void {
    this.#shell?.open()
    if (this.#chat === undefined) this.#field()?.focus()
    else this.#chat.focus()
  }

  override addEventListener<Name extends keyof ReflectionChatEventMap>(
    type: Name,
    listener: (this: ReflectionChatElement, event: ReflectionChatEventMap[Name]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener<Name extends keyof HTMLElementEventMap>(
    type: Name,
    listener: (this: HTMLElement, event: HTMLElementEventMap[Name]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void
  /** As every element's, with the types of its own events. */
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options)
  }

  // What the browser calls

  /** @internal */
  connectedCallback(): void {
    clearTimeout(this.#leaving)
    if (this.#shell === undefined) this.#build()
    if (this.#locale !== undefined) this.#appear()
    else this.#translate().catch((error: unknown) => this.#fail(error))
  }

  /** Moved, it goes on as if nothing had happened. @internal */
  connectedMoveCallback(): void {}

  /** @internal */
  disconnectedCallback(): void {
    clearTimeout(this.#leaving)
    this.#leaving = setTimeout(() => this.#end(), WAITS_MS)
  }

  /** @internal */
  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (before === value) return
    if (name === 'model' && value !== null) this.#described = undefined
    if (name === 'mode') this.#thinking.set(modeOf(value))
    else if (name === 'placeholder') this.#placeholder.set(value ?? undefined)
    else if (name === 'variant') this.#shell?.setVariant(this.variant)
    else if (name === 'lang') this.#translate().catch((error: unknown) => this.#fail(error))
    else if (name === 'preload') this.#appear()
    else this.#beginAnew()
  }

  /** @internal */
  formResetCallback(): void {
    this.clear()
  }

  /** @internal */
  formStateRestoreCallback(state: unknown): void {
    if (typeof state !== 'string') return
    this.#live().then(
      (chat) => chat.restore(state),
      () => undefined, // told already
    )
  }

  /** @internal */
  formDisabledCallback(isDisabled: boolean): void {
    for (const part of this.#root.children) part.toggleAttribute('inert', isDisabled)
  }

  // How it works

  #build(): void {
    this.#root.adoptedStyleSheets = [chatStyles()]
    for (const name of PROPERTIES) this.#takeOver(name)
    this.#shell = createChatShell(this.#root, () => this.focus())
    this.#shell.setVariant(this.variant)
    for (const type of ['pointerdown', 'focusin', 'keydown']) this.#root.addEventListener(type, () => this.#touch())
    for (const type of ['keydown', 'keypress', 'keyup']) this.addEventListener(type, keepTyping)
    for (const store of [this.#placeholder, this.#suggestions, this.#draft, this.#thinking]) {
      store.listen(() => this.#drawFirst())
    }
  }

  /** What a page set before the element was defined stands in front of the property of that name. */
  #takeOver<Name extends (typeof PROPERTIES)[number]>(name: Name): void {
    if (!Object.hasOwn(this, name)) return
    const value = this[name]
    Reflect.deleteProperty(this, name)
    this[name] = value
  }

  async #translate(): Promise<void> {
    const wanted = () => languageOf(this.closest('[lang]')?.getAttribute('lang') ?? undefined)
    let language: LanguageTag
    let locale: Locale
    do {
      language = wanted()
      locale = await loadLocale(language).catch(() => loadLocale('en'))
    } while (wanted() !== language) // another was set meanwhile, and its words may have come first
    if (this.#locale === undefined) this.#locale = atom(locale)
    else this.#locale.set(locale)
    this.#shell?.setLocale(locale)
    this.#appear()
  }

  /** Shows what there is: the chat, or before the first touch what it begins with. */
  #appear(): void {
    if (!this.isConnected || this.#locale === undefined) return
    this.#drawFirst()
    const hasMore = this.preload || this.persist !== 'none' || this.#before !== undefined || this.#given !== undefined
    if (hasMore)
      this.#live().then(
        (chat) => this.preload && chat.load(),
        () => undefined,
      )
  }

  #drawFirst(): void {
    if (this.#chat !== undefined || this.#shell === undefined || this.#locale === undefined) return
    const view = firstView({
      locale: this.#locale.get(),
      draft: this.#draft,
      placeholder: this.#placeholder.get(),
      suggestions: this.#suggestions.get(),
      mode: this.#thinking.get(),
      onAsk: (question) => this.ask(question).catch(() => undefined), // told already
      onSend: () => this.#sendFirst(),
    })
    render(view, this.#shell.region)
  }

  /** The visitor wants answers: the chat comes to life, and its model is loaded. */
  #touch(): void {
    if (this.#chat !== undefined) this.#chat.load()
    else
      this.#live().then(
        (chat) => chat.load(),
        () => undefined, // told already
      )
  }

  /** What is sent before the chat is there is sent by it, unless it is changed meanwhile. */
  #sendFirst(): void {
    const written = this.#draft.get()
    this.#live().then(
      (chat) => {
        chat.load()
        if (this.#draft.get() === written) chat.send()
      },
      () => undefined, // told already
    )
  }

  /** The chat that lives here; it is fetched when it is needed first. @throws {ReflectionError} `request-invalid` outside of a page. */
  #live(): Promise<LivingChat> {
    if (!this.isConnected) return Promise.reject(outside())
    const coming = this.#coming ?? this.#bringToLife()
    this.#coming = coming
    coming.catch((error: unknown) => {
      if (this.#coming !== coming) return
      this.#coming = undefined // the next touch tries again
      this.#fail(error)
    })
    return coming
  }

  async #bringToLife(): Promise<LivingChat> {
    const [{ liveChat }] = await Promise.all([import('./living-chat.ts'), this.#locale ?? this.#translate()])
    const [shell, locale] = [this.#shell, this.#locale]
    if (shell === undefined || locale === undefined) throw new ReflectionError('unexpected', 'The chat is not there.')
    await this.#untilComposed()
    if (!this.isConnected) throw outside()
    const field = this.#field()
    const hasFocus = field !== null && this.#root.activeElement === field
    const [from, to] = [field?.selectionStart ?? 0, field?.selectionEnd ?? 0]
    render(nothing, shell.region)
    const { id, name } = this
    const key = ['reflection-chat', id || name].filter(Boolean).join(':')
    const storage = this.persist === 'local' ? () => localStorage : () => sessionStorage
    const chat = liveChat(
      {
        root: this.#root,
        shell,
        locale,
        thinking: this.#thinking,
        draft: this.#draft,
        placeholder: this.#placeholder,
        suggestions: this.#suggestions,
        settings: this.#settings,
        engine: this.#engine,
        model: this.#described ?? this.getAttribute('model') ?? undefined,
        assets: this.src ?? undefined,
        keeps: this.persist === 'none' ? undefined : { storage, key },
        conversation: this.#before,
        tell: (event, detail) => this.#tell(event, detail),
        onThinking: (mode) => (this.mode = mode),
        onAnswer: (answer, state) => this.#internals.setFormValue(answer ?? null, state),
      },
      shell.renewRegion(),
    )
    this.#chat = chat
    this.#showGiven(chat)
    if (hasFocus) {
      chat.focus()
      this.#field()?.setSelectionRange(from, to)
    }
    return chat
  }

  #showGiven(chat: LivingChat): void {
    const messages = this.#given
    this.#given = undefined
    if (messages === undefined) return
    try {
      chat.show(messages)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** What an input method is writing is not taken away under it. */
  async #untilComposed(): Promise<void> {
    if (this.#shell?.isComposing() !== true) return
    await new Promise((resolve) => this.#root.addEventListener('compositionend', resolve, { once: true }))
  }

  #field(): HTMLTextAreaElement | null {
    return this.#root.querySelector('.composer textarea')
  }

  #end(): void {
    this.#coming = undefined
    if (this.#chat === undefined) return
    this.#before = this.#chat.end()
    this.#chat = undefined
  }

  /** Another engine, or another place to keep the chat: it goes on with what it shows. */
  #beginAnew(): void {
    const coming = this.#coming
    if (coming === undefined) return
    coming
      .catch(() => undefined)
      .then(() => {
        if (this.#coming !== undefined && this.#coming !== coming) return // another change was quicker
        this.#end()
        this.#appear()
      })
  }

  /** Frameworks set what they have no value for to undefined. */
  #reflect(name: string, value: string | null | undefined): void {
    if (value === null || value === undefined) this.removeAttribute(name)
    else this.setAttribute(name, value)
  }

  #fail(error: unknown): void {
    const known = ReflectionError.from(error)
    console.warn(known)
    this.#tell('reflection-error', known)
  }

  #tell<Name extends keyof ReflectionChatEventMap>(name: Name, detail: ReflectionChatEventMap[Name]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }
}

/** Properties that no attribute stands for, or not for all that they take. */
const PROPERTIES = ['engine', 'model', 'systemPrompt', 'sampling', 'suggestions', 'messages'] as const

function outside(): ReflectionError {
  return new ReflectionError('request-invalid', 'The <reflection-chat> is in no page. Put it into one first.')
}

/** Keys that write are not for the shortcuts of the page around, which sees the element and not the field in it. */
function keepTyping(event: Event): void {
  const { key, ctrlKey, metaKey, altKey } = event as KeyboardEvent
  const origin = originOf(event)
  const isField = origin instanceof HTMLTextAreaElement || origin instanceof HTMLInputElement
  if (isField && !ctrlKey && !metaKey && !altKey && key !== 'Escape') event.stopPropagation()
}

function modeOf(value: string | null): ThinkingMode {
  return value === 'advanced' || value === 'hidden' ? value : 'standard'
}

/** Without what is undefined, which the options of a run do not know. */
function definedOf<Value extends object>(value: Value): { [Key in keyof Value]?: NonNullable<Value[Key]> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [Key in keyof Value]?: NonNullable<Value[Key]>
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'reflection-chat': ReflectionChatElement
  }
}
