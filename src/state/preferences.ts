import { atom, type WritableAtom } from 'nanostores'
import {
  describeProblem,
  fields,
  isRecord,
  list,
  number,
  oneOf,
  optional,
  problemsOf,
  text,
  wholeNumber,
  yesOrNo,
  type DataCheck,
} from '../core/check-data.ts'
import type { SelfCheck } from '../core/models/model-description.ts'
import type { PreferenceStore } from '../core/preference-store.ts'
import { DEFAULT_SETTINGS, type ChatSettings } from './settings.ts'

/** How much of the thinking is shown: a line that can be opened, all of it live as a timeline, or nothing. */
export type ThinkingMode = 'standard' | 'advanced' | 'hidden'

/** All that the user chose. */
export interface Preferences {
  readonly chat: ChatSettings
  readonly thinking: ThinkingMode
  readonly theme: 'system' | 'light' | 'dark'
  /** BCP 47; absent for the browser's own. */
  readonly language?: string
  /** Id of a model of the registry, or the address of a manifest; absent for the embedded one. */
  readonly model?: string
  /** Addresses of manifests of models that the user added. */
  readonly addedModels: readonly string[]
}

export const DEFAULT_PREFERENCES: Preferences = {
  chat: DEFAULT_SETTINGS,
  thinking: 'standard',
  theme: 'system',
  addedModels: [],
}

const CHAT = fields<ChatSettings>({
  temperature: optional(number({ least: 0, most: 2 })),
  topP: optional(number({ above: 0, most: 1 })),
  maxTokens: optional(wholeNumber(1)),
  thinkBudget: optional(wholeNumber()),
  selfCheck: oneOf(['never', 'less', 'normal', 'more'] satisfies SelfCheck[]),
  thinkCarefully: yesOrNo,
  reflect: yesOrNo,
  instructions: text(),
  pastThinking: oneOf(['keep', 'drop']),
})

const CHECKS: { readonly [Key in keyof Required<Preferences>]: DataCheck } = {
  chat: CHAT,
  thinking: oneOf(['standard', 'advanced', 'hidden'] satisfies ThinkingMode[]),
  theme: oneOf(['system', 'light', 'dark']),
  language: optional(text()),
  model: optional(text()),
  addedModels: list(text()),
}

/** The form in which preferences are stored. */
const SCHEMA = 1

export interface StoredPreferences {
  readonly value: WritableAtom<Preferences>
  /** Why what was stored could not be used as it was; absent when it could. It was put aside and is not lost. */
  readonly problem?: string
  /** Ends the link to the store. */
  close(): void
}

/**
 * Reads the preferences, and writes each change from then on; also takes over what other pages of this site change.
 * A part that cannot be read falls back to its default, and the whole is put aside.
 * @throws {ReflectionError} `storage-unreadable` when there is no storage.
 */
export async function openPreferences(
  store: PreferenceStore,
  onWriteError: (error: unknown) => void,
): Promise<StoredPreferences> {
  const { preferences, problem } = parsePreferences(await store.read())
  if (problem !== undefined) await store.setAside(await store.read(), problem)
  const $value = atom(preferences)
  let known = preferences // as the store has it
  const unlisten = $value.listen((value) => {
    if (value === known) return
    known = value
    store.write({ schema: SCHEMA, ...value }).catch(onWriteError)
  })
  const unsubscribe = store.subscribe(() => {
    store.read().then((value) => {
      known = parsePreferences(value).preferences
      $value.set(known)
    }, onWriteError)
  })
  const close = () => {
    unlisten()
    unsubscribe()
  }
  return { value: $value, close, ...(problem === undefined ? {} : { problem }) }
}

/** What of a stored value can be used, and the first problem with the rest. */
export function parsePreferences(value: unknown): { preferences: Preferences; problem?: string } {
  if (value === undefined) return { preferences: DEFAULT_PREFERENCES }
  if (!isRecord(value) || value['schema'] !== SCHEMA) {
    return { preferences: DEFAULT_PREFERENCES, problem: 'The settings were written by another version of this page.' }
  }
  const usable: Record<string, unknown> = {}
  let problem: string | undefined
  for (const [key, check] of Object.entries(CHECKS)) {
    const [first] = problemsOf(value[key], check)
    if (first === undefined) {
      if (value[key] !== undefined) usable[key] = value[key]
    } else {
      problem ??= describeProblem({ ...first, path: first.path === '' ? key : `${key}.${first.path}` }, 'it')
    }
  }
  const preferences = { ...DEFAULT_PREFERENCES, ...usable }
  return problem === undefined ? { preferences } : { preferences, problem }
}
