import type { MarkdownLabels } from './markdown-labels.ts'
import type { Formats } from './formats.ts'

/** All that the interface says, in English. Other languages have the same names; a text that holds a value is a function of it. */
export const en = (format: Formats) => ({
  /** Of the chat as an element of another page. */
  element: {
    chat: 'Chat',
    openChat: 'Open the chat',
    openUnread: 'Open the chat: there is a new answer',
    closeChat: 'Close the chat',
  },
  /** Of the page and its parts. */
  page: {
    newChat: 'New chat',
    chats: 'Chats',
    settings: 'Settings',
    lock: 'Lock',
    models: 'Models',
    openSidebar: 'Show chats',
    closeSidebar: 'Hide chats',
    skipToComposer: 'Skip to the message field',
    skipToModels: 'Skip to the models',
    cancel: 'Cancel',
    done: 'Done',
    dismiss: 'Dismiss',
    tryAgain: 'Try again',
    noSuchChat: 'That chat is not on this device. It may have been deleted.',
    unreadableChat:
      'That chat is damaged and cannot be shown. What is stored of it was kept, and can be saved as a file.',
    newerChat: 'A newer version of this page wrote that chat. Reload the page to see it; nothing of it was changed.',
    storageCleared:
      'All that this site had stored was deleted, by you, another program or the browser. The chat that you see is still here and is stored again with its next change.',
    notSaved: 'Changes cannot be saved at the moment.',
    notKept:
      'This browser lets the page store nothing, so chats are gone when the page is closed. Export what you want to keep.',
    settingsUnreadable: 'Some settings could not be read and are back at their defaults.',
    settingsNotSaved: 'A setting counts for now, but could not be saved.',
    modelsEvicted:
      'The browser deleted stored models to make room. They are downloaded again when you load them; on the page of models you can ask it to keep them.',
    partMissing: 'A part of the page could not be fetched. Check the network and try again, or reload the page.',
    offline: 'You are offline. What is open goes on working; a part of the page is fetched once the network is back.',
    unreachable: 'The page cannot be reached at the moment. What is open goes on working.',
    reload: 'Reload',
    updateReady: 'A new version of this page is ready. It is shown when you want it; what is stored stays.',
    update: 'Update',
    offlineMark: 'Offline',
  },

  /** How it stands with the model, beside its name. */
  thinkingModes: {
    shownAs: 'Show thinking as',
    names: { standard: 'Standard', advanced: 'Advanced', hidden: 'Hidden' },
    hints: {
      standard: 'One quiet line, which you can open.',
      advanced: 'Live, as a timeline in which each check stands with what it corrects.',
      hidden: 'Only the answer.',
    },
  },
  model: {
    none: 'No model',
    loading: 'loading…',
    notLoaded: 'not loaded',
    paused: 'paused',
    cannotRun: 'cannot run here',
    stopped: 'stopped',
    ready: 'ready',
    /** Before its name and how it stands with it, on the button that changes it. */
    picker: 'Model:',
    choose: 'Models on this device',
    downloadOf: (size: string) => `${size} on this device`,
    all: 'All models…',
  },

  /** What a model runs on, why, and what would be faster; by `EngineReason`. */
  engine: {
    names: { processor: 'Processor' },
    /** Beside the name of the model. */
    short: 'Processor',
    runsOn: { gpu: 'Runs on the GPU.', processor: 'Runs on the processor of this device.' },
    whys: {
      chosen: 'You chose that in the settings.',
      'gpu-fits': 'This device has one that the model fits.',
      'no-webgpu': 'This browser gives the page no GPU.',
      'no-adapter': 'The browser finds no GPU that it may use.',
      'software-gpu': 'This browser uses no GPU here.',
      'gpu-unfit': 'The model does not fit the GPU.',
      'gpu-only': 'The processor cannot run it.',
    },
    faster: {
      chosen: 'Where there is a GPU, that is faster.',
      'no-webgpu': 'A browser with WebGPU on a device with a GPU would be faster.',
      'no-adapter': 'With a GPU it would be faster: update the graphics driver and turn on graphics acceleration.',
      'software-gpu':
        "With a GPU it would be faster: turn on graphics acceleration in the browser's settings if this device has one.",
      'gpu-unfit': 'A GPU that can do more would be faster.',
    },
  },

  /** Of models that run on a server. */
  server: {
    badge: 'Leaves this device',
    sends: (host: string) => `What you write goes to ${host} with all of this chat: it leaves this device.`,
    wroteThis: (host: string) => `Written by ${host}, outside this device`,
    summary: (host: string) => `Runs on ${host}. What you write leaves this device.`,
    asking: 'Asking the server',
    quiet: 'The server does not answer yet. It goes on as soon as an answer comes.',
    noAnswerNow: 'This server cannot end the thinking early.',
  },

  /** Of a chat that has nothing in it yet. */
  empty: {
    lead: 'What shall I think through?',
    promise: 'I think, check myself, then answer.',
    privacy: 'Nothing you write leaves this device.',
    kinds: { compare: 'Compare', count: 'Count', calculate: 'Calculate', puzzle: 'Puzzle', words: 'Words' },
    questions: {
      compare: 'What speaks for a heat pump, and what for a gas boiler?',
      count: 'How many weekdays are there between 3 March and 17 April?',
      calculate: 'I put aside 150 a month at 3% interest. What do I have after 10 years?',
      puzzle: 'A bat and a ball cost 1.10 together. The bat costs 1 more than the ball. What does the ball cost?',
    },
    examples: 'Examples',
  },

  composer: {
    form: 'Message',
    label: 'Your message',
    placeholder: 'Ask a question',
    placeholderIdle: {
      failed: 'Load the model again to ask',
      unfit: 'No model can answer here yet',
      cancelled: 'Load the model to ask',
      paused: 'Go on with the download to ask',
    },
    placeholderLoading: 'You can write while the model loads',
    send: 'Send',
    stop: 'Stop',
    stopping: 'Stopping…',
    mode: (mode: string) => `Thinking: ${mode}`,
    notYet: 'Your message is sent as soon as the model is ready.',
    noModel: 'Your message is kept. It takes a model to answer it.',
    answerNow: 'Answer now',
    answering: 'Answering…',
    elsewhere: 'A reply is being written in another tab.',
    displaced: (name: string) => `Another tab uses ${name} now. Your model is loaded again with your next question.`,
  },

  attached: {
    list: 'Long texts that are sent with the message',
    open: 'Read or change this text',
    remove: 'Remove this text',
    size: (characters: number) => `${format.number(characters)} characters`,
    added: 'The text is long: it stands beside your message and is sent with it.',
    removed: 'The text was removed.',
    undo: 'Undo',
  },

  message: {
    notDrawn: 'This message cannot be shown as it should be. This is its plain text.',
    yours: 'Your message',
    edit: 'Edit',
    editLabel: 'Edit your message',
    askAgain: 'Ask again',
    copy: 'Copy',
    versionsOfMessage: 'Versions of this message',
    previousMessage: 'Previous wording',
    nextMessage: 'Next wording',
    version: (index: number, count: number) => `${format.number(index)} of ${format.number(count)}`,
    earlier: (count: number) => `Show ${format.number(count)} earlier ${count === 1 ? 'message' : 'messages'}`,
    later: (count: number) => `Show ${format.number(count)} later ${count === 1 ? 'message' : 'messages'}`,
    toStart: 'To the first message',
    toEnd: 'To the end',
    ownInstructions: 'This chat has its own instructions',
  },

  reply: {
    label: 'Reply',
    versions: 'Versions of this reply',
    previous: 'Previous reply',
    next: 'Next reply',
    reading: 'Reading…',
    stopping: 'Stopping…',
    thinking: 'Thinking…',
    checking: 'Checking itself…',
    thoughtFor: (duration: string | undefined) =>
      duration === undefined ? 'Thought for a moment' : `Thought for ${duration}`,
    checked: (count: number) =>
      count === 1 ? 'Checked itself once' : `Checked itself ${count === 2 ? 'twice' : `${format.number(count)} times`}`,
    corrected: (count: number) => `${format.number(count)} corrected`,
    correctedOnce: 'Checked itself once, corrected it',
    was: 'was:',
    nowIs: 'now:',
    correction: 'Corrected',
    tokens: (count: number) => `${format.number(count)} ${count === 1 ? 'token' : 'tokens'}`,
    check: 'Check',
    answer: 'Answer',
    plainSteps: (count: number) =>
      count === 1
        ? 'The first step is shown as it was written.'
        : `The first ${format.number(count)} steps are shown as they were written.`,
    tooLongToSpeak: 'The answer goes on. It is too long to be read out here; all of it stands in the reply.',
    copyAnswer: 'Copy answer',
    copyAll: 'Copy with thinking',
    regenerate: 'Regenerate',
    continue: 'Continue',
    tryAgain: 'Try again',
    editMessage: 'Edit the message',
    more: 'More',
    raw: 'Raw text',
    rawHidden: 'Hide raw text',
    statistics: 'Statistics',
    statisticsHidden: 'Hide statistics',
    stopped: 'Stopped.',
    interrupted: 'Interrupted before it was finished.',
    engineBack: 'The model is here again. Let the reply go on, or try it anew.',
    elsewhere: 'Being written in another tab…',
    lengthReached: 'The reply stopped because its limit of tokens was reached.',
    answerAsked: 'You asked for the answer now, so the thinking was ended there.',
    budgetReached: 'The thinking reached its budget and was ended there.',
    dropped: (count: number) =>
      `The model's window is full: ${format.number(count)} earlier ${count === 1 ? 'message was' : 'messages were'} ` +
      'left out of what it read for this reply.',
  },

  statistics: {
    tokens: (parts: string) => `Tokens: ${parts}`,
    thinking: (count: number) => `${format.number(count)} thinking`,
    checking: (count: number) => `${format.number(count)} checking`,
    answer: (count: number) => `${format.number(count)} answer`,
    rate: (perSecond: string) => `${perSecond} tokens/s`,
    firstToken: (duration: string) => `first token after ${duration}`,
    reused: (count: number, total: number) => `${format.number(count)} of ${format.number(total)} prompt tokens reused`,
  },

  /** Of answers in Markdown. */
  markdown: {
    copyCode: 'Copy',
    copied: 'Copied',
    notCopied: 'Could not be copied',
    image: (name: string, host: string) => (name === '' ? `Image from ${host}` : `Image: ${name} (from ${host})`),
    tooMuch: 'This is too long or too complex to be laid out, so from here on it is plain text.',
    tooLong: 'This is too long to be shown at once; it goes on.',
    showFullText: 'Show the full text',
    hideFullText: 'Hide the full text',
    fullText: 'Full text',
  } satisfies MarkdownLabels,

  /** Puts whole sentences one after the other. */
  sentences: (...sentences: readonly string[]) => sentences.join(' '),

  /** The chats at the side. */
  chatList: {
    drop: 'Drop files of chats here',
    reading: 'Reading your chats…',
    empty: 'No chats yet. They appear here once you ask.',
    failed: 'Storage failed, so chats may be missing here.',
    today: 'Today',
    yesterday: 'Yesterday',
    week: 'Previous 7 days',
    untitled: 'Untitled chat',
    writing: 'A reply is being written',
    unread: 'There is a new reply',
    /** Said when a reply has ended in a chat that is not shown. */
    replied: (title: string) => `The reply in “${title}” is there.`,
    stop: 'Stop the reply',
    actions: (title: string) => `Actions for “${title}”`,
    rename: 'Rename',
    nameLabel: 'Name of the chat',
    exportMarkdown: 'Export as Markdown',
    exportJson: 'Export as JSON',
    delete: 'Delete',
    deleted: (title: string) => `“${title}” was deleted.`,
    undo: 'Undo',
  },

  search: {
    label: 'Search chats',
    clear: 'Clear the search',
    found: (count: number) => (count === 1 ? '1 chat found' : `${format.number(count)} chats found`),
    none: 'No chat has all of these words.',
    failed: 'The search could not read all chats.',
    places: { message: 'Your message', answer: 'Answer', thinking: 'Thinking' },
  },

  /** Of the files of models on this device. */

  /** Of the page of models. */

  /** Of the dialog of settings. */

  /** How loading goes. */
  load: {
    details: 'Details',
    model: 'Model',
    unnamed: 'the model',
    loading: (name: string) => `Loading ${name}`,
    describing: 'Reading what the model needs',
    starting: 'Starting the engine',
    listing: 'Looking for what is already here',
    phases: {
      download: 'Downloading',
      verify: 'Checking the files',
      upload: 'Moving to the GPU',
      compile: 'Preparing the GPU',
    },
    quiet: {
      describe:
        'The server that describes the model does not answer yet. Check the connection; it goes on as soon as an answer comes.',
      start:
        'The engine or the GPU does not answer yet. On a slow connection it may take a while. If it stays so, close other tabs that use the GPU, or start the browser anew.',
      list: 'This takes long: another tab may be loading a model. It goes on here when that one is done.',
      download: 'Nothing comes at the moment. It is tried again by itself, and goes on where it was.',
      verify: 'A large model takes minutes to check.',
      upload:
        'The GPU does not get on. If it stays so, close other tabs and programs that use it, cancel, and load again.',
      compile: 'The GPU is still at it: the first time can take minutes. If it stays so, cancel and load again.',
    },
    bytes: (done: string, all: string) => `${done} of ${all}`,
    rate: (perSecond: string) => `${perSecond}/s`,
    left: (duration: string) => `${duration} left`,
    silent: (duration: string) => `nothing has come for ${duration}; it is tried again by itself`,
    cancelled: 'Loading was cancelled',
    pause: 'Pause',
    goOn: 'Go on',
    pausedAt: (share: string) => `Paused at ${share}`,
    returns: 'The model is loaded again by itself; what was written stays.',
    kept: 'What had arrived is kept.',
    load: (name: string) => `Load ${name}`,
    again: 'Load the model again',
    unfit: (name: string) => `This device cannot run ${name}`,
    loadBest: (name: string, size: string) => `Load ${name} (${size}), the best that fits`,
    anyway: 'Try it anyway',
    onProcessor: 'Go on with the processor',
    toMemory: 'Moving into memory',
    otherModels: 'Other models',
    checkAgain: 'Check again',
  },

  /** What a reply or a load waits for; by `WaitReason`. */
  waits: {
    'reply-here': 'Waiting for the reply in another chat…',
    'reply-elsewhere': 'Waiting for a reply in another tab…',
    model: 'Waiting for the model to load…',
  },

  /** What went wrong and what to do; by `ErrorCode`. Where an error names a file or numbers, the advice is a function of them. */
  failures: {
    titles: {
      'webgpu-missing': 'This browser cannot use the GPU here',
      'adapter-missing': 'No usable GPU was found',
      'feature-missing': 'This GPU cannot run the model',
      'memory-short': 'The model does not fit into the memory of the GPU',
      'device-lost': 'The GPU was taken away',
      'worker-died': 'The engine stopped',
      'engine-moved': 'The engine moved to another tab',
      'model-broken': 'The model failed',
      'model-not-loaded': 'No model is loaded',
      'manifest-invalid': 'The description of the model cannot be used',
      'download-failed': 'The model could not be fetched',
      'host-forbidden': 'The page may not reach that server',
      'download-corrupt': 'A file of the model is damaged',
      'files-damaged': 'Stored files of the model are damaged',
      'model-import-invalid': 'The model cannot be imported',
      'storage-full': 'The browser has no room for the model',
      'storage-unreadable': 'What the browser has stored cannot be read',
      'passphrase-wrong': 'The passphrase is another one',
      'prompt-too-long': 'The message is too long',
      'gguf-invalid': 'The GGUF file cannot be used',
      'import-invalid': 'The file cannot be imported',
      'request-invalid': 'That cannot be asked',
      'assets-missing': 'This site does not serve the engine',
      'server-unreachable': 'The server cannot be reached',
      'server-refused': 'The server refused',
      'stream-broken': 'The answer broke off',
      unsupported: 'This model cannot do that',
      unexpected: 'Something went wrong',
    },
    advice: {
      'webgpu-missing': 'Update the browser, or open the page with https.',
      'adapter-missing': 'Update the graphics driver and turn on graphics acceleration in the settings of the browser.',
      'feature-missing': 'Choose another model.',
      'memory-short': 'Close other tabs and programs, or choose a smaller model.',
      'device-lost': 'Load the model again to go on; nothing that was written is lost.',
      'worker-died': 'It was started anew. Load the model again to go on; nothing that was written is lost.',
      'engine-moved': 'The tab that ran it was closed. It goes on in another one; nothing that was written is lost.',
      'model-broken': 'Load it again. If that does not help, delete what is stored of it, or choose another.',
      'model-not-loaded': 'Load one first.',
      'manifest-invalid': 'Check the address of the model, or ask whoever published it.',
      'download-failed': 'Check the connection and load again; files that are complete are kept.',
      'host-forbidden':
        'For safety it only reaches the servers that it was built for; whoever builds it can add one with MODEL_HOSTS.',
      'download-corrupt':
        'It was not kept. Load the model again; if it stays so, whoever published it has to correct it.',
      'files-damaged': 'Load the model again: what is damaged is fetched anew, the rest is still here.',
      'model-import-invalid':
        "Choose a .tar file that this page exported, or all files of a model's folder with its manifest.json. Nothing was stored.",
      'storage-full': 'Free space on the disk, or delete stored models or chats, then try again: what is here stays.',
      'storage-unreadable':
        'Private windows and blocked site data have no storage: open the page in a normal window. Else export what you want to keep, then reload the page.',
      'passphrase-wrong': 'Nothing was changed. Try again.',
      'prompt-too-long': 'Shorten the message.',
      'gguf-invalid': 'Download it again, or take another file; nothing was stored.',
      'import-invalid': 'Choose a file that this page exported, or a list of messages as JSON.',
      'request-invalid': 'Try again in another way.',
      'assets-missing': 'Whoever runs the site can put it there; a message in the console names the command.',
      'server-unreachable': 'Check the address, and whether the server lets this page read its answers.',
      'server-refused': 'Check the key and the name of the model, or wait and try again.',
      'stream-broken': 'What was written stays; let it go on, or ask again.',
      unsupported: 'Choose another model.',
      unexpected: 'Try again; if it happens again, reload the page.',
    },
    ofFile: (file: string) => `File: ${file}.`,
    ofStatus: (status: number) => `The server answered with status ${status}.`,
    ofTokens: (tokens: number, limit: number) =>
      `It has ${format.number(tokens)} tokens, but the model can read ${format.number(limit)}.`,
  },
})

/** What every language must have. */
export type FirstWords = ReturnType<typeof en>
