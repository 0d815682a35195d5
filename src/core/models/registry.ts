/** The revision of the embedded model that this version of the page comes with. */
const EMBEDDED_REVISION = 'v1'

/** The model that comes with the page. Its manifest says the rest. */
export const embeddedModel = {
  id: 'reflection-tiny',
  /** Relative to the page's own base address. */
  manifestPath: `models/reflection-tiny/resolve/${EMBEDDED_REVISION}/manifest.json`,
} as const
