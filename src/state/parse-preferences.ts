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
import { ENGINE_CHOICES } from '../core/engine-choice.ts'
import type { SelfCheck } from '../core/models/model-description.ts'
import { OPTION_RANGES, rangeCheck } from '../core/option-ranges.ts'
import { DEFAULT_PREFERENCES, type Preferences, type ThinkingMode } from './preferences.ts'
import { DEFAULT_SETTINGS, type ChatSettings } from './settings.ts'

/** The form in which preferences are stored. */
export const PREFERENCES_SCHEMA = 1

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
  isSidebarHidden: optional(yesOrNo),
  language: optional(text()),
  model: optional(text()),
  engine: optional(oneOf(ENGINE_CHOICES)),
  addedModels: list(text()),
}

/** Reads stored preferences. What cannot be used takes its default, and `problem` describes the first such part, for people. */
export function parsePreferences(value: unknown): { preferences: Preferences; problem?: string } {
  if (value === undefined) return { preferences: DEFAULT_PREFERENCES }
  if (!isRecord(value) || value['schema'] !== PREFERENCES_SCHEMA) {
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

/** The fields that are present and pass their checks; a field that does not is reported. */
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
