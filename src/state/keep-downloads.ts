import type { ModelLoader } from './model-loader.ts'

/** Downloads from which on the browser is asked to keep them, bytes: losing less is no harm. */
const WORTH_KEEPING = 50e6

/**
 * Asks the browser once to keep what the page stores, as late as possible: when more is downloaded than one wants to lose.
 * @param keepStorage - Asks. Where that fails, the model works all the same.
 */
export function keepDownloads({ model }: Pick<ModelLoader, 'model'>, keepStorage: () => Promise<void>): void {
  const unlisten = model.listen((state) => {
    if (state.status !== 'loading' || state.progress?.phase !== 'download') return
    if ((state.progress.totalBytes ?? 0) <= WORTH_KEEPING) return
    unlisten()
    keepStorage().catch((error: unknown) => console.warn(error))
  })
}
