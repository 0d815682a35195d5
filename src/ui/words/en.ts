import type { Formats } from './formats.ts'

/** All that the interface says, in English. Other languages have the same names; a text that holds a value is a function of it. */
export const en = (format: Formats) => ({
  /** Of the page and its parts. */
  page: {
    newChat: 'New chat',
    chats: 'Chats',
    settings: 'Settings',
    models: 'Models',
    openSidebar: 'Show chats',
    closeSidebar: 'Hide chats',
    skipToComposer: 'Skip to the message field',
    close: 'Close',
    cancel: 'Cancel',
    done: 'Done',
    dismiss: 'Dismiss',
  },

  /** Of a chat that has nothing in it yet. */
  empty: {
    lead: 'Ask something. The model thinks, checks itself and answers, all on this device.',
    examples: 'Examples',
  },

  composer: {
    form: 'Message',
    label: 'Your message',
    placeholder: 'Ask a question',
    placeholderLoading: 'You can write while the model loads',
    send: 'Send',
    stop: 'Stop',
    stopping: 'Stopping…',
    answerNow: 'Answer now',
    answering: 'Answering…',
    elsewhere: 'A reply is being written in another tab.',
  },

  message: {
    yours: 'Your message',
    edit: 'Edit',
    editLabel: 'Edit your message',
    askAgain: 'Ask again',
    copy: 'Copy',
    copied: 'Copied',
    versionsOfMessage: 'Versions of this message',
    previousMessage: 'Previous wording',
    nextMessage: 'Next wording',
    version: (index: number, count: number) => `${format.number(index)} of ${format.number(count)}`,
    earlier: (count: number) => `Show ${format.number(count)} earlier ${count === 1 ? 'message' : 'messages'}`,
    ownInstructions: 'This chat has its own instructions',
  },

  reply: {
    label: 'Reply',
    versions: 'Versions of this reply',
    previous: 'Previous reply',
    next: 'Next reply',
    reading: 'Reading…',
    stopping: 'Stopping…',
    thinking: 'Thinking',
    checking: 'Checking itself',
    thought: 'Thoughts',
    thoughtFor: (duration: string) => `Thought for ${duration}`,
    checks: (count: number) => `${format.number(count)} ${count === 1 ? 'check' : 'checks'}`,
    tokens: (count: number) => `${format.number(count)} ${count === 1 ? 'token' : 'tokens'}`,
    check: 'Check',
    thinkingStep: 'Step',
    answerStep: 'Answer',
    copyAnswer: 'Copy answer',
    copyAll: 'Copy with thinking',
    regenerate: 'Regenerate',
    continue: 'Continue',
    tryAgain: 'Try again',
    editMessage: 'Edit the message',
    raw: 'Raw text',
    hideRaw: 'Formatted',
    stopped: 'Stopped.',
    interrupted: 'Interrupted: the page was closed while this was written.',
    lengthReached: 'The reply stopped because its limit of tokens was reached.',
    answerAsked: 'You asked for the answer now, so the thinking was ended there.',
    budgetReached: 'The thinking reached its budget and was ended there.',
    dropped: (count: number) =>
      `The model's window is full: ${format.number(count)} earlier ${count === 1 ? 'message was' : 'messages were'} ` +
      'left out of what it read for this reply.',
    writtenElsewhere: 'Being written in another tab.',
    writtenBy: (model: string) => `Written by ${model}`,
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
  },
})

/** What every language must have. */
export type Words = ReturnType<typeof en>
