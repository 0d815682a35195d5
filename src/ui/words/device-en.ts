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

  /** The end of all that is stored, and the page that shows what is left. */
  cleared: {
    name: 'Everything of this page',
    hint: 'Chats, settings, keys, models, and the copy of the page for use without a network.',
    button: 'Delete everything',
    title: 'Delete everything on this device?',
    text: 'This browser then keeps nothing of this page: no chats, drafts or settings, no passphrase, passkey or server key, no downloaded or imported models, no copy of the page for use without a network. All of its tabs end. Nothing can be brought back: export first what you may want to keep.',
    working: 'Everything is being deleted…',
    here: 'Everything is deleted',
    elsewhere: 'Everything was deleted in another tab',
    partly: 'Not everything is deleted',
    looked: 'The browser was asked what it keeps for this address, before and after:',
    kinds: {
      databases: 'Databases',
      caches: 'Caches',
      keys: 'Local and session storage',
      serviceWorkers: 'Service workers',
      files: 'Private files',
    },
    states: { gone: 'is gone', stays: 'is still there', other: 'stays: it is of another page at this address' },
    nothing: 'none, before and after',
    unknown: 'the browser does not say',
    stays:
      'A tab of this page may still hold what is left, such as one that sleeps: close it, begin anew, and delete once more.',
    notOurs:
      'What only the browser can delete: its history, and its own cache of what came over the network. A passkey that you made for this page opens nothing any more; delete it where you manage your passkeys. Exported files are yours.',
    again: 'Look again',
    begin: 'Begin anew',
    unreachable: 'The page cannot be reached now, and nothing of it is kept here. Try again once there is a network.',
  },

  /** Every request since the page was opened. */
  requests: {
    name: 'What this page asked for',
    show: 'Show all requests',
    hide: 'Hide them',
    onlyThisSite: (host: string) => `Requests went to ${host} alone, which this page comes from.`,
    toOthers: (hosts: string) => `Besides this site, requests went to ${hosts}.`,
    refused: (count: string) => `Refused by the policy of the page: ${count}.`,
    since: (time: string) => `Counted since ${time}, when this tab was opened; nothing of it is stored.`,
    by: { page: 'page', worker: 'worker', 'service-worker': 'service worker', browser: 'browser' },
    whys: {
      page: 'a part of the page',
      engine: 'a part of an engine',
      model: (name: string) => `a file of ${name}`,
      server: (name: string) => `${name}, on a server that you added`,
      given: 'an address that was added here',
      browser: 'the browser asks for it when it wants',
    },
    ends: {
      answered: 'answered',
      kept: 'this device had it',
      refused: 'refused by the policy of the page, so nothing left',
      failed: 'no answer',
      possible: 'no count',
    },
    times: (count: string) => `${count} times`,
  },
}

export type DeviceWords = typeof deviceEn
