import { atom, type WritableAtom } from 'nanostores'
import {
  describeProblem,
  isRecord,
  list,
  oneOf,
  optional,
  shorten,
  text,
  yesOrNo,
  type DataCheck,
  type DataProblem,
} from '../core/check-data.ts'
import type { SelfCheck } from '../core/models/model-description.ts'
import { OPTION_RANGES, rangeCheck } from '../core/option-ranges.ts'
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
  /** Id of a model of the registry, or the name of one that the user added; absent for the embedded one. */
  readonly model?: string
  /** Names of models that the user added: addresses of manifests, or `<id of a supplied model>@<address of its folder>`. */
  readonly addedModels: readonly string[]
}

export const DEFAULT_PREFERENCES: Preferences = {
  chat: DEFAULT_SETTINGS,
  thinking: 'standard',
  theme: 'system',
  addedModels: [],
}

type Checks<Shape> = { readonly [Key in keyof Required<Shape>]: DataCheck }

const CHAT: Checks<ChatSettings> = {
  temperature: optional(rangeCheck(OPTION_RANGES.temperature)),
  topP: optional(rangeCheck(OPTION_RANGES.topP)),
  maxTokens: optional(rangeCheck(OPTION_RANGES.maxTokens)),
  thinkBudget: optional(rangeCheck(OPTION_RANGES.thinkBudget)),
  selfCheck: oneOf(['never', 'less', 'normal', 'more'] satisfies SelfCheck[]),
  thinkCarefully: yesOrNo,
  reflect: yesOrNo,
  instructions: text(),
  pastThinking: oneOf(['keep', 'drop']),
}

const CHECKS: Checks<Omit<Preferences, 'chat'>> = {
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
  /** Why what was stored could not be used as it was; absent when it could. It is put aside before it is written over. */
  readonly problem?: string
  /** Ends the link to the store. */
  close(): void
}

/**
 * Reads the preferences, and writes each change from then on; also takes over what other pages of this site change.
 * A part that cannot be read falls back to its default; the whole is put aside before the first change takes its place, and
 * stays where it is until then, as it may be another version's. What cannot be read of another page's change is not taken over.
 * @throws {ReflectionError} `storage-unreadable` when there is no storage.
 */
export async function openPreferences(
  store: PreferenceStore,
  onWriteError: (error: unknown) => void,
): Promise<StoredPreferences> {
  const stored = await store.read()
  const { preferences, problem } = parsePreferences(stored)
  const $value = atom(preferences)
  let known = preferences // as the store has it
  let unusable = unusableOf(stored, problem)
  let writing = Promise.resolve()

  async function write(value: Preferences): Promise<void> {
    const lost = unusable
    if (lost !== undefined) await store.keepUnreadable(lost.value, lost.reason)
    if (unusable === lost) unusable = undefined // else another page wrote meanwhile
    await store.write({ schema: SCHEMA, ...value })
  }

  const unlisten = $value.listen((value) => {
    if (value === known) return
    known = value
    writing = writing.then(() => write(value)).catch(onWriteError)
  })
  const unsubscribe = store.subscribe(() => {
    store.read().then((changed) => {
      const parsed = parsePreferences(changed)
      unusable = unusableOf(changed, parsed.problem)
      if (unusable !== undefined) return
      known = parsed.preferences
      $value.set(known)
    }, onWriteError)
  })
  const close = () => {
    unlisten()
    unsubscribe()
  }
  return { value: $value, close, ...(problem === undefined ? {} : { problem }) }
}

/** What the store holds and the next write would lose. */
function unusableOf(value: unknown, reason: string | undefined): { value: unknown; reason: string } | undefined {
  return reason === undefined ? undefined : { value, reason }
}

/** What of a stored value can be used, and the first problem with the rest. @internal */
export function parsePreferences(value: unknown): { preferences: Preferences; problem?: string } {
  if (value === undefined) return { preferences: DEFAULT_PREFERENCES }
  if (!isRecord(value) || value['schema'] !== SCHEMA) {
    return { preferences: DEFAULT_PREFERENCES, problem: 'The settings were written by another version of this page.' }
  }
  const problems: DataProblem[] = []
  const report = (problem: DataProblem) => problems.push(problem)
  const preferences: Preferences = {
    ...DEFAULT_PREFERENCES,
    ...usableOf(value, CHECKS, '', report),
    chat: { ...DEFAULT_SETTINGS, ...usableOf(value['chat'], CHAT, 'chat', report) },
  }
  const [first] = problems
  return first === undefined ? { preferences } : { preferences, problem: describeProblem(first, 'it') }
}

/** The fields that are there and pass their checks; all others are reported. */
function usableOf<Shape extends object>(
  value: unknown,
  checks: Checks<Shape>,
  path: string,
  report: (problem: DataProblem) => void,
): Partial<Shape> {
  const usable: Record<string, unknown> = {}
  if (!isRecord(value)) {
    report({ path, found: shorten(value), needed: 'an object' })
    return {}
  }
  for (const [key, check] of Object.entries<DataCheck>(checks)) {
    let isWrong = false
    check(value[key], path === '' ? key : `${path}.${key}`, (problem) => {
      isWrong = true
      report(problem)
    })
    if (!isWrong && value[key] !== undefined) usable[key] = value[key]
  }
  return usable as Partial<Shape> // every field has passed its check
}
