import { wholeBytesFor } from '../../core/models/engine-files.ts'
import type { CatalogEntry } from '../../state/model-catalog.ts'
import { plainModelName } from './plain-model-name.ts'

/** Builds of one model, of which a page shows the one that serves best here; what tells them apart interests few. */
export interface ModelFamily {
  /** The same however the builds change places. */
  readonly key: string
  readonly lead: CatalogEntry
  readonly others: readonly CatalogEntry[]
}

/** Prebuilt models by their names without the build, in the order of their first builds. Models that the user added stand for themselves. */
export function modelFamilies(entries: readonly CatalogEntry[]): ModelFamily[] {
  const families = new Map<string, CatalogEntry[]>()
  for (const entry of entries) {
    const key = entry.origin === 'prebuilt' && entry.model !== undefined ? plainModelName(entry.model.name) : entry.name
    families.set(key, [...(families.get(key) ?? []), entry])
  }
  return [...families].flatMap(([key, builds]) => {
    const [lead, ...others] = builds.toReversed().toSorted((one, other) => worth(other) - worth(one))
    return lead === undefined ? [] : { key, lead, others }
  })
}

/** What comes first: what is in use or was just asked for, what is here already, what runs; of equals the later build, which is lighter. */
function worth({ loading, storedBytes = 0, fit }: CatalogEntry): number {
  const verdicts = { fits: 2, tight: 1, 'does-not-fit': -8 }
  return (loading === undefined ? 0 : 16) + (storedBytes > 0 ? 4 : 0) + (fit === undefined ? 0 : verdicts[fit.verdict])
}

/** Whether a model can be used at once, without a download: it comes with the page, its files are here, or it runs on a server. */
export function isAtHand(entry: CatalogEntry): boolean {
  return entry.origin === 'embedded' || entry.model?.server !== undefined || isStored(entry)
}

/** Whether all files of a model are here. */
export function isStored({ model, engine, storedBytes = 0 }: CatalogEntry): boolean {
  return model !== undefined && storedBytes > wholeBytesFor(model, engine?.engine ?? 'gpu')
}
