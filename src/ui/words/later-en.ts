import type { ChatMarkdownWords } from '../../core/chat/export-markdown.ts'
import type { Formats } from './formats.ts'

const OWN_SUMMARIES: Readonly<Record<string, string>> = {}

/** What the settings and the page of models say; fetched with them. */
export const laterEn = (format: Formats) => ({
  settings: {
    noThinkBudget: 'Not available: the server of this model cannot end the thinking early.',
    selfCheckNudge: 'Not measured with this model: “Never” is certain, the others are a nudge.',
    noSelfCheck: 'Not available: the server of this model does not tell the token that opens a check.',
    sections: 'Sections',
    sectionNames: {
      appearance: 'Appearance',
      thinking: 'Thinking',
      model: 'Model',
      privacy: 'Privacy',
      data: 'Data',
      advanced: 'Advanced',
    },
    model: 'Model',
    chooseModel: 'Choose a model',
    engine: 'Runs on',
    engines: { auto: 'Automatic', gpu: 'GPU', processor: 'Processor' },
    engineHints: {
      auto: 'The GPU where there is one that the model fits, else the processor.',
      gpu: 'Always the GPU, also where the browser has only software that plays one.',
      processor: 'Always the processor. Models that have no file for it run on the GPU.',
    },
    selfCheck: 'Self-check',
    selfCheckSteps: { never: 'Never', less: 'Less', normal: 'Normal', more: 'More' },
    selfCheckHints: {
      never: 'Writes no checks: shorter replies.',
      less: 'Checks itself less often than Normal.',
      normal: 'Checks itself where it has doubts.',
      more: 'Checks itself more often than Normal: longer replies.',
    },
    selfCheckOfThinking: 'This model writes no checks: the dial says how readily it goes on thinking.',
    selfCheckUncalibrated: 'Not available: the dial has not been calibrated for this model.',
    thinkBudget: 'Think budget, in tokens',
    thinkBudgetHint: 'After this much thinking the answer is asked for. Empty: no limit.',
    noLimit: 'no limit',
    thinkCarefully: 'Think carefully',
    thinkCarefullyHint: 'Adds “Think carefully.” to the end of each message.',
    pastThinking: 'Keep earlier thinking',
    pastThinkingHint: 'The model reads its earlier thinking again. Off: more room for long chats.',
    reflect: 'Reflection prompt',
    reflectHint: 'Tells the model to think, to check itself and then to answer.',
    reflectUnknown: 'Not available: this model marks its thinking in another way.',
    ownInstructions: 'Your own instructions',
    ownInstructionsHint: 'What the model should know or do in every chat.',
    temperature: 'Temperature',
    temperatureNumber: 'Temperature, as a number',
    temperatureHint: (own: number | undefined) =>
      `0 always takes the likeliest word; higher is more varied.${own === undefined ? '' : ` Model’s own: ${format.number(own)}.`}`,
    modelsOwn: 'model’s own',
    useModelsOwn: 'Use the model’s own',
    topP: 'Top-p',
    topPHint: 'Draws from the likeliest words up to this share. Empty: the model’s own.',
    maxTokens: 'Longest reply, in tokens',
    maxTokensHint: 'The reply stops there, thinking included. Empty: as long as there is room.',
    problems: {
      fromTo: (least: string, most: string) => `This must be a number from ${least} to ${most}.`,
      aboveTo: (above: string, most: string) => `This must be a number above ${above}, and at most ${most}.`,
      whole: (least: string) => `This must be a whole number of at least ${least}.`,
    },
    refused: (problem: string, inForce: string) => `${problem} It stays ${inForce} until then.`,
    theme: 'Theme',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    themeHint: 'System follows the setting of this device.',
    language: 'Language',
    languageHint: 'Of this page. The model answers in the languages that it knows.',
    browsersOwn: (name: string) => `Browser’s own (${name})`,
    privacy: 'Nothing that you write leaves this device, unless you choose a model on a server.',
    storage: 'Storage used',
    storageUsed: (used: string, quota: string) => `${used} of the ${quota} that the browser allows, models included.`,
    manageModels: 'Manage models',
    reset: 'Reset all settings',
    resetSection: 'Reset this section',
    sectionWasReset: 'This section is back at its defaults.',
    wasReset: 'All settings are back at their defaults; the model stays.',
    undo: 'Undo',
    wasUndone: 'Your settings are back.',
  },
  models: {
    onProcessor: 'runs on the processor',
    /** @param isIsolated Whether the page could have several. */
    threads: (count: number, isIsolated: boolean): string =>
      count > 1
        ? `${format.number(count)} threads`
        : isIsolated
          ? 'one thread: several were not faster here'
          : 'one thread; more where the page is served isolated from other sites',
    ggufSummary: (weights: string, quantization: string) => `A GGUF file: ${weights} weights in ${quantization}.`,
    howToGpu: 'How to get the GPU',
    heading: 'Models',
    back: 'Back to the chat',
    device: 'This device',
    lookingAtDevice: 'Looking at this device…',
    gpu: 'GPU',
    gpuUnnamed: 'one that the browser does not name',
    softwareGpu: 'none that this browser uses: the processor does its work',
    noOwnGpu: 'This browser uses no GPU here, so answers are slow. Small models serve best.',
    accelerate: 'If this device has a GPU, turn on graphics acceleration in the settings of the browser.',
    noGpu: 'none that this page can use',
    memory: 'Memory',
    memoryAbout: (amount: string) => `about ${amount}, as the browser rounds it`,
    memoryUntold: 'not told by this browser',
    storage: 'Storage',
    storageUsed: (used: string, quota: string) => `${used} used of ${quota} that the browser allows`,
    storageUntold: 'not told by this browser',
    groups: {
      ready: 'Ready to use',
      fits: 'Fits this device',
      tight: 'May fit this device',
      unjudged: 'Models',
      unreadable: 'Cannot be read',
      unfit: 'Cannot run here',
    },
    tightHint: 'They may need more than this device can give, so loading them may fail. The details of each say why.',
    tight: 'May be too large for this device.',
    tooLarge: 'Too large for this device',
    tooSlow: 'Without a GPU these models are far too slow.',
    best: 'Best for this device',
    yours: 'Added by you',
    embedded: 'Comes with the page',
    download: (size: string) => `${size} to download`,
    stored: (size: string) => `${size} stored`,
    partlyStored: (size: string, whole: string) => `${size} of ${whole} stored`,
    needsMemory: (size: string) => `needs ${size} of memory`,
    speed: (tokens: string) => `${tokens} tokens/s here`,
    expectedSpeed: (tokens: string) => `about ${tokens} tokens/s expected here`,
    details: 'Details',
    otherBuilds: 'Other versions',
    build: 'Version',
    training: 'Reflection',
    trained: 'trained to think and to check itself',
    trainedToThink: 'trained to think before it answers',
    asked: 'only asked to, by its instructions',
    size: 'Download',
    gpuMemory: 'GPU memory',
    contextWindow: 'Context window',
    tokens: (count: number) => `${format.number(count)} tokens`,
    license: 'Licence',
    languages: 'Languages',
    revision: 'Revision',
    address: 'Address',
    kind: 'Kind',
    ggufKind: (architecture: string, quantization: string) => `GGUF file, ${architecture}, ${quantization}`,
    weights: 'Weights',
    madeFor: 'Made for',
    tokenizer: 'Tokenizer',
    tokenizerOf: (kind: string, tokens: number) => `${kind}, ${format.number(tokens)} tokens`,
    template: 'Chat template',
    ownTemplate: 'its own',
    noTemplate: 'none: conversations are written in a style that many models know',
    askedInVain: 'only asked to, by its instructions, which helps little',
    noLicense: 'The file names none.',
    templateProblem: 'Its own chat template cannot be rendered here, so a known style is used:',
    get: 'Download',
    getModel: (name: string) => `Download ${name}`,
    use: 'Use',
    useModel: (name: string) => `Use ${name}`,
    loadAnyway: 'Try anyway',
    loadModelAnyway: (name: string) => `Try anyway: ${name}`,
    inUse: 'In use',
    modelInUse: (name: string) => `In use: ${name}`,
    cancelModel: (name: string) => `Cancel loading ${name}`,
    pauseModel: (name: string) => `Pause the download of ${name}`,
    goOnWithModel: (name: string) => `Go on with the download of ${name}`,
    delete: 'Delete',
    deleteModel: (name: string) => `Delete what is stored of ${name}`,
    deleteTitle: (name: string) => `Delete ${name} from this device?`,
    deleteText: (size: string) => `This frees ${size}. To use the model again, it has to be downloaded again.`,
    remove: 'Remove from the list',
    removeModel: (name: string) => `Remove from the list: ${name}`,
    removeTitle: (name: string) => `Remove ${name} from the list?`,
    removeText: (size: string) => `The ${size} that are stored of it are deleted as well.`,
    add: 'Add a model',
    addHint:
      'A GGUF file, as Hugging Face has thousands of them, or any model that was made for WebLLM with a description. First only what it says of itself is fetched: you see whether it fits before you download it. The server that you name sees that you load it.',
    addField: 'Address of its .gguf file or its manifest.json',
    addKind: 'Model',
    addDescribed: 'GGUF file, or described by its manifest.json',
    addFolderHint: (id: string) =>
      `Nobody publishes its weights for WebLLM: give the folder that holds them, converted with the scheme at the end of ${id}. ` +
      'Its files are fetched from the server that you name, which sees that you load it.',
    addFolderField: 'Address of its folder, or of its repository on Hugging Face',
    addButton: 'Add',
    adding: 'Reading it…',
    added: (name: string) => `${name} is in the list now.`,
    addProblems: {
      address: 'This is no address of a web server. It begins with https:// and ends with .gguf or manifest.json.',
      folder:
        'This is no address of a model’s folder. It looks like https://huggingface.co/<name>/<model> or https://…/resolve/<revision>/.',
      unknown: (id: string, known: string) => `${id} is no model whose weights you bring. Those are ${known}.`,
      known: (name: string) => `${name} is in the list already.`,
      host: (host: string) =>
        `This page may not fetch from ${host}: for safety it only reaches the servers that it was built for. ` +
        `Whoever builds it can add one: MODEL_HOSTS="${host}" npm run build.`,
      unreachable: (host: string) =>
        `Nothing came from ${host}. Check the address and the connection; the server must also allow other sites to read its files (CORS).`,
      refused: (host: string, status: number) =>
        `${host} answered with status ${status} instead of the file. Check the address.`,
      gguf: 'This GGUF file cannot be used.',
      invalid: 'What is at this address does not describe a model that can be loaded.',
      unusable: 'What is in this folder is not the chosen model, converted for WebLLM.',
    },
  },
  storage: {
    heading: 'Storage on this device',
    none: 'No model is stored here yet.',
    kept: 'The browser has promised to keep it.',
    notKept: 'The browser may delete it when space runs short.',
    keep: 'Ask it to keep everything',
    files: (count: number) => (count === 1 ? '1 file' : `${format.number(count)} files`),
    used: (time: string) => `last used ${time}`,
    neverUsed: 'never used',
    verified: (time: string) => `all bytes checked ${time}`,
    notVerified: 'not checked as a whole',
    incomplete: 'not complete',
    fromFile: 'came from a file',
    shared: 'shared with another model',
    part: (done: string, all: string) => `${done} of ${all}`,
    verify: 'Check',
    verifyModel: (name: string) => `Check every byte of ${name}`,
    export: 'Export',
    exportModel: (name: string) => `Export ${name} as a file`,
    delete: 'Delete',
    deleteModel: (name: string) => `Delete the files of ${name}`,
    deleteShared: 'Files that another model needs as well stay.',
    details: 'Files',
    file: 'File',
    size: 'Size',
    checksum: 'SHA-256',
    import: 'Import a model',
    importHint:
      'A GGUF file, a .tar that was exported here or on another device, or all files of a model’s folder. Every file is checked. No network is needed; you can drop them here.',
    chooseFiles: 'Choose files',
    chooseFolder: 'Choose a folder',
    drop: 'Drop the model here',
    offerTitle: (name: string) => `Keep ${name} on this device?`,
    offerText: (size: string) => `It takes ${size} of storage. Nothing of it is stored yet.`,
    offerKeep: 'Keep it',
    offerFits: {
      fits: 'It fits this device.',
      tight: 'It may be too large for this device.',
      'does-not-fit': 'It cannot run here.',
    },
    working: {
      look: 'Looking what it is',
      verify: (name: string) => `Checking ${name}`,
      export: (name: string) => `Preparing ${name}`,
      delete: (name: string) => `Deleting ${name}`,
      import: 'Importing the model',
    },
    sound: (name: string) => `${name}: every byte is as it should be.`,
    damaged: (name: string, files: string) =>
      `${name}: damaged, and deleted: ${files}. The next load fetches what is missing; the rest is still here.`,
    imported: (name: string) => `${name} was imported, and is in the list above.`,
    importedListed:
      'It now stands for the listed model of this name. Only whoever made the file can say whether its parts are those of the publisher: if you do not trust them, delete it and download it.',
  },

  /** What speaks against a model on a device; by `FitReason.code`. */
  fit: {
    'insecure-page':
      'Browsers give pages the GPU only over https, or on this computer itself. Open the page with https.',
    'webgpu-missing': 'This browser has no WebGPU, which all models need. Update it, or use a current Chrome or Edge.',
    'adapter-missing':
      'The browser finds no GPU that it may use. Update the graphics driver and turn on graphics acceleration in the settings.',
    'library-missing':
      'No program for the GPU takes this file: so far those of the shape of Reflection Tiny, Llama 3.2 1B and 3B and Llama 3.1 8B do, in types from Q4 to Q8, F16, BF16 or F32.',
    'feature-missing': (feature: string): string =>
      feature === 'shader-f16'
        ? 'This GPU cannot run this version of the model. Choose the other one, which computes in 32 bits.'
        : 'This GPU lacks something that the model needs. Choose another model.',
    'limit-short': (isOfAll: boolean): string =>
      isOfAll
        ? 'The browser can use too little of this GPU. Update the browser and the graphics driver, or try another browser.'
        : 'This GPU offers less than the model needs. Choose a smaller one.',
    limitDetail: (limit: string, needs: string, has: string) => `${limit}: ${needs} needed, ${has} here`,
    'memory-short': (needs: string) => `It takes ${needs} of the GPU's memory.`,
    memoryUntold: 'This browser does not tell how much there is. Close other programs, or choose a smaller model.',
    memoryMayDo: (has: string) =>
      `The device has about ${has} for everything. It works if the GPU can use as much: close other programs, or choose a smaller model.`,
    memoryMayDoOrMore: (has: string) =>
      `The device has about ${has} or more for everything. It works if the GPU can use as much: close other programs, or choose a smaller model.`,
    memoryTooLittle: (has: string) => `The device has about ${has} for everything. Choose a smaller model.`,
    'storage-short': (needs: string, has: string) =>
      `The browser gives this page room for ${has} more, and the model needs ${needs}. Delete models that you no longer use, free space on the disk, or leave the private window if this is one.`,
    storageBarely: (needs: string, has: string) =>
      `The browser gives this page room for ${has} more, which is only just enough for ${needs}. Delete models that you no longer use, or free space on the disk.`,
    'software-gpu': 'This browser uses no GPU here, which makes this model far too slow to use.',
    softwareSlow: 'This browser uses no GPU here, which makes this model very slow.',
    'gguf-missing': 'There is no file of this model for the processor, only for GPUs.',
    'processor-unusable': 'This browser is too old to run models on the processor. Update it, or use another.',
    'processor-memory': (needs: string) =>
      `It takes ${needs} of memory, which is more than a page may have. Choose a smaller model.`,
    'processor-slow': (speed: string) =>
      `On the processor of this device it writes about ${speed} ${speed === '1' ? 'token' : 'tokens'} a second.`,
    accelerate: "Turn on graphics acceleration in the browser's settings, or choose a smaller model.",
  },

  /** Of an attached text that is read or changed. */
  longText: {
    title: 'Text of your message',
    text: 'Text',
    part: (index: number, count: number) => `Part ${format.number(index)} of ${format.number(count)}`,
    previous: 'Previous part',
    next: 'Next part',
    cancel: 'Cancel',
    save: 'Save',
  },

  /** Of stored chats that cannot be read, or not by this version of the page. */
  unreadableChats: {
    unreadable: (count: number) =>
      count === 1
        ? '1 stored chat cannot be read. It was kept.'
        : `${format.number(count)} stored chats cannot be read. They were kept.`,
    newer: (count: number) =>
      count === 1
        ? 'A newer version of this page wrote 1 chat. Reload the page to see it.'
        : `A newer version of this page wrote ${format.number(count)} chats. Reload the page to see them.`,
    saveCopy: 'Save a copy',
    deleteTitle: (count: number) =>
      count === 1 ? 'Delete what cannot be read?' : `Delete all ${format.number(count)} that cannot be read?`,
    deleteText: (count: number): string =>
      count === 1
        ? 'It cannot be brought back. Save a copy first if it may still be of use.'
        : 'They cannot be brought back. Save a copy first if they may still be of use.',
  },

  /** What other languages say of the prebuilt and supplied models, by the name of the model without its build; English stands in their descriptions. */
  summaries: OWN_SUMMARIES,
  /** Chats as files. */
  transfer: {
    import: 'Import chats',
    busy: 'One moment…',
    importing: (done: number, total: number) =>
      `${format.number(done)} of ${format.number(total)} ${total === 1 ? 'chat' : 'chats'}`,
    stopped: (count: number) =>
      count === 1
        ? 'The import was ended; 1 chat was imported by then.'
        : `The import was ended; ${format.number(count)} chats were imported by then.`,
    imported: (count: number) =>
      count === 1 ? '1 chat was imported.' : `${format.number(count)} chats were imported.`,
    chatSkipped: (position: number) => `Chat ${format.number(position)} was skipped:`,
    partSkipped: (position: number) => `Chat ${format.number(position)} lacks a part:`,
    moreSkipped: (count: number) => `And ${format.number(count)} more.`,
    tooLarge: (size: string, limit: string) => `It has ${size}; at most ${limit} can be imported at once.`,
    notRead: 'The browser cannot read this file.',
    markdown: {
      untitled: 'Untitled chat',
      instructions: 'Instructions',
      user: 'You',
      assistant: 'Reply',
      writtenBy: (server: string) => `from the server ${server}`,
      thinking: 'Thinking',
      check: 'Check',
      interrupted: 'Interrupted before it was complete.',
      failed: 'Failed:',
    } satisfies ChatMarkdownWords,
    importButton: 'Import',
    importHint: 'Files of this page, or lists of messages as JSON.',
    exportAll: 'Export all chats',
    exportButton: 'Export',
    exportHint: 'In one file, which can be imported again here or elsewhere.',
    deleteAll: 'Delete all chats',
    deleteShort: 'Delete',
    deleteHint: (count: number) => `${format.number(count)} ${count === 1 ? 'chat is' : 'chats are'} on this device.`,
    deleteAllTitle: (count: number) => (count === 1 ? 'Delete 1 chat?' : `Delete all ${format.number(count)} chats?`),
    deleteAllText: (count: number): string =>
      count === 1
        ? 'It cannot be brought back. Export it first if you may want to keep it.'
        : 'They cannot be brought back. Export them first if you may want to keep them.',
    deleteAllButton: (count: number) => (count === 1 ? 'Delete 1 chat' : `Delete ${format.number(count)} chats`),
  },
})

export type LaterWords = ReturnType<typeof laterEn>
