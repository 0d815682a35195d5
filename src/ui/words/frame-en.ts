/** What a chat in a frame of another site says of the models that its own site keeps, in English. Fetched where a browser can be asked for them. */
export const frameEn = {
  open: 'Browsers keep what a chat downloads apart for each site that shows it.',
  use: (site: string) => `Use the model you already downloaded at ${site}`,
  asking: 'The browser is being asked for it.',
  copying: (share: string) => `The model is being copied: ${share}`,
  here: 'The model is here. Nothing has to be downloaded.',
  refused: (site: string) =>
    `The browser did not allow it. It does so for sites that you have used in a tab of their own, such as ${site}, and where you agree. Otherwise the first question downloads the model.`,
  absent: (site: string) =>
    `No such model was downloaded at ${site} in this browser. The first question downloads it here.`,
  full: 'There is no room for a copy of the model. Free some on this device, and try again.',
  failed: 'The model could not be copied. Try again, or let the first question download it.',
}

export type FrameWords = typeof frameEn
