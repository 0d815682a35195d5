/** What the page keeps on this device, in English. Fetched with the settings. */
export const deviceEn = {
  offline: {
    name: 'Without a network',
    waiting: 'Once the model is ready, the page is kept for use without a network.',
    preparing: (done: string, all: string) => `Being kept for use without a network: ${done} of ${all}.`,
    incomplete:
      'Not everything that is needed without a network could be fetched. It is tried again at the next visit.',
    ready: (size: string) => `Works offline: the page and its engine are kept on this device (${size}).`,
    why: {
      insecure: 'The page came without https, so the browser cannot keep it.',
      unsupported: 'This browser cannot keep pages for use without a network.',
      refused: 'The browser keeps nothing for this page, as in private windows.',
    },
    parts: {
      page: 'The page',
      gpu: 'Engine for the GPU',
      processor: 'Engine for the processor',
      threads: 'Engine for the processor, with threads',
    },
    partHint: (size: string) => `${size}; kept when it is first used, or now.`,
    keep: 'Keep now',
    keepOf: (name: string) => `Keep now: ${name}`,
  },
}

export type DeviceWords = typeof deviceEn
