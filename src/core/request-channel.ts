/** The channel over which workers and service worker tell the pages of this site what they asked for. */
export const REQUEST_CHANNEL = 'second-thought.requests'

/** What a page says there that wants to be told all of it. */
export const ASK_FOR_REQUESTS = 'all'
