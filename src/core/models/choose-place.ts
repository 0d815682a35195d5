import type { Capabilities, EngineChoice } from '../engine.ts'
import type { Fit } from './check-fit.ts'
import { chooseEngine, type ChosenEngine } from './choose-engine.ts'
import type { ModelDescription } from './model-description.ts'

/** Where a model runs, why, and how it fits there. */
export type ChosenPlace =
  | ChosenEngine
  | { readonly engine: 'server'; readonly why: 'server'; readonly fit: Fit; readonly speed?: undefined }

/** As `chooseEngine`; a model on a server runs there, whatever this device can do. */
export function choosePlace(
  model: ModelDescription,
  device: Capabilities,
  choice: EngineChoice,
  storedBytes?: Parameters<typeof chooseEngine>[3],
): ChosenPlace {
  if (model.server === undefined) return chooseEngine(model, device, choice, storedBytes)
  return { engine: 'server', why: 'server', fit: { verdict: 'fits', reasons: [] } }
}
