/** Of this package; the files that a site serves for it must be of the same (`test/unit/core/version.test.ts` compares it with package.json). */
export const VERSION = '0.1.0'
