import type { Formats } from './formats.ts'

/** What the page says while a server is added, in English: long, and of use to few. */
export const serverWordsEn = (format: Formats) => ({
  heading: 'Use a model on a server',
  hint: 'For models that are too large for any device here. Such a model runs on the server that you name: what you write to it, and all of the chat that it belongs to, is sent there, and whoever runs it can read it. It works with vLLM, llama.cpp, Ollama, LM Studio and others that speak OpenAI’s interface.',
  address: 'Address of the server',
  key: 'Key, if it wants one',
  keep: 'Keep the key in this browser',
  keepHint:
    'Off: it is in the memory of this page only, and gone with it. On: it lies unencrypted in the storage of this browser (localStorage), for whoever uses it.',
  model: 'Model, as the server names it',
  list: 'Ask which it has',
  listing: 'Asking…',
  listed: (count: number) =>
    count === 1 ? 'It has one model, which is chosen.' : `It has ${format.number(count)} models. Choose one.`,
  listedNone: 'It names no models. Type the name.',
  test: 'Test and add',
  testing: 'Waiting for a short reply…',
  added: (name: string) => `${name} has replied and is in the list now. Nothing is sent there before you choose it.`,
  keyNotKept: 'Nothing is stored here unencrypted, so the key is in the memory of this page only.',
  said: (words: string) => `It says: “${words}”`,
  problems: {
    address:
      'This is no address of a server. It begins with https:// or http:// and mostly ends with /v1; a key does not belong in it.',
    model: 'Type the name of the model, or ask the server which it has.',
    policy: (origin: string) =>
      `This page may not reach ${origin}: for safety its Content-Security-Policy names in connect-src the servers that it was built for, and a page cannot widen it. Whoever serves the page can: MODEL_HOSTS="${origin}" npm start on this computer, or MODEL_HOSTS="${origin}" npm run build for a site.`,
    absent: (host: string) =>
      `Nothing answers at ${host}. Check the address, and whether the server runs and can be reached from here.`,
    cors: (host: string, origin: string) =>
      `${host} is there, but does not let this page read its answers. Allow ${origin} in its CORS settings (vLLM: --allowed-origins, Ollama: OLLAMA_ORIGINS, llama.cpp and LM Studio: turn CORS on).`,
    localAccess: (host: string) =>
      `The browser forbids this page to reach devices and programs of your own network, which ${host} may be. Allow local network access in the settings of this site and try again.`,
    mixedContent: (host: string) =>
      `This page came over https, so the browser does not let it ask ${host} without. Serve the model over https.`,
    protocol: (host: string) =>
      `${host} answers, but not as servers of OpenAI’s interface do. Check the address: it mostly ends with /v1.`,
    key: (host: string) => `${host} wants a key that it knows. Check the key.`,
    missing: (host: string) => `${host} does not have this model at this address. Check both, or ask which it has.`,
    busy: (host: string, wait: string) => `${host} has too much to do, or your share is used up. Try again in ${wait}.`,
    busyUntold: (host: string) =>
      `${host} has too much to do, or your share is used up. It does not say for how long; try again later.`,
    failed: (host: string, status: number) => `${host} failed with status ${status}. Look at the server, or try again.`,
    broken: (host: string) =>
      `The reply of ${host} broke off before it was finished. Look at the server, or try again.`,
    misunderstood: (host: string) => `${host} does not understand the request for a reply.`,
    other: 'The server could not be tested.',
  },
  keys: 'Keys of your servers',
  keyOf: (host: string) => `Key for ${host}`,
  keyStates: {
    none: 'There is none.',
    memory: 'It is in the memory of this page.',
    kept: 'It is stored in this browser.',
  },
  useKey: 'Use this key',
  forgetKey: 'Forget the key',
})

/** What every language must have of it. */
export type ServerWords = ReturnType<typeof serverWordsEn>
