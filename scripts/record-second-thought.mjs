/**
 * Records `docs/second-thought.gif`, the first picture of the README: the built page, the embedded model, and a reply that corrects itself.
 * Run by hand after the page has changed its looks: `npm run record`. Nothing is staged but the question.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import gifenc from 'gifenc'
import { PNG } from 'pngjs'
import { launchChromium } from './launch-chromium.mjs'
import { serveSite } from './start.mjs'

// oxlint-disable-next-line import/no-named-as-default-member -- Node reads the build in CommonJS, which has no names
const { GIFEncoder, applyPalette, quantize } = gifenc

const FILE = fileURLToPath(new URL('../docs/second-thought.gif', import.meta.url))
/** At temperature 0 the embedded model makes a mistake here, finds it and answers rightly. */
const QUESTION = 'Sort 9, 41, 27, 85, 3, 60 in ascending order.'
const SIZE = { width: 720, height: 540 }
const COLOURS = 63 // one more is kept for what did not change
/** Frames a second at most, and how much faster the picture runs than the software that plays the GPU. */
const FRAMES_PER_SECOND = 10
const SPEED = 2
/** How long the last frame of a part stays, milliseconds. */
const HOLD = 1500

/** @typedef {{ at: number, pixels: Uint8Array }} Frame `at`: milliseconds since the beginning. */

/**
 * Takes pictures of a page until some work is done.
 * @param {import('playwright').Page} page
 * @param {Promise<unknown>} work
 * @param {Frame[]} frames
 */
async function watch(page, work, frames) {
  const state = { isDone: false }
  const ended = work.finally(() => (state.isDone = true))
  while (!state.isDone) {
    const next = performance.now() + 1000 / FRAMES_PER_SECOND
    frames.push(await takeFrame(page))
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())))
  }
  await ended
  frames.push(await takeFrame(page))
}

/** @param {import('playwright').Page} page @returns {Promise<Frame>} */
async function takeFrame(page) {
  const { data } = PNG.sync.read(await page.screenshot({ animations: 'allow' }))
  return { at: performance.now(), pixels: new Uint8Array(data.buffer, data.byteOffset, data.length) }
}

/**
 * All frames with one palette; in each, pixels that are as in the one before are transparent, which packs well.
 * @param {readonly Frame[]} frames @returns {Uint8Array}
 */
function toGif(frames) {
  const { width, height } = SIZE
  const palette = quantize(paletteSample(frames), COLOURS)
  const transparentIndex = palette.push([0, 0, 0]) - 1
  const gif = GIFEncoder()
  /** @type {Uint8Array | undefined} */
  let before
  for (const [index, frame] of frames.entries()) {
    const pixels = applyPalette(frame.pixels, palette.slice(0, transparentIndex))
    const changed =
      before === undefined ? pixels : pixels.map((colour, at) => (before?.[at] === colour ? transparentIndex : colour))
    before = pixels
    if (index > 0 && changed.every((colour) => colour === transparentIndex)) continue
    const next = frames.slice(index + 1).find((other) => !sameBytes(other.pixels, frame.pixels))
    const delay = next === undefined ? 2 * HOLD : Math.min(HOLD, (next.at - frame.at) / SPEED)
    gif.writeFrame(changed, width, height, {
      ...(index === 0 ? { palette, repeat: 0 } : {}),
      transparent: index > 0,
      transparentIndex,
      dispose: 1,
      delay,
    })
  }
  gif.finish()
  return gif.bytes()
}

/** Every colour of a few frames has its say in the palette. @param {readonly Frame[]} frames */
function paletteSample(frames) {
  const picked = [0.1, 0.5, 0.8, 1].map(
    (share) => frames[Math.floor(share * (frames.length - 1))]?.pixels ?? new Uint8Array(),
  )
  const sample = new Uint8Array(picked.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const pixels of picked) {
    sample.set(pixels, at)
    at += pixels.length
  }
  return sample
}

/** @param {Uint8Array} one @param {Uint8Array} other */
function sameBytes(one, other) {
  return Buffer.compare(one, other) === 0
}

const site = await serveSite({ port: 0 })
const browser = await launchChromium({ say: (line) => console.error(line) })
try {
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' })
  page.setDefaultTimeout(120_000)
  await page.goto(`${site.url}?engine=gpu`) // the processor is done before anyone has read a line
  await page.getByRole('button', { name: /ready/i }).first().waitFor()
  // The answer shall be the same whenever this runs.
  await page.getByRole('button', { name: 'Show chats' }).click()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('tab', { name: 'Advanced' }).click()
  await page.getByRole('slider', { name: 'Temperature' }).fill('0')
  await page.getByRole('button', { name: 'Done' }).click()
  await page.waitForTimeout(HOLD)
  /** @type {Frame[]} */
  const frames = []
  const field = page.getByRole('textbox', { name: 'Your message' })
  await watch(page, field.pressSequentially(QUESTION, { delay: 60 }), frames)
  await field.press('Enter')
  await watch(page, page.locator('.reply[aria-busy="false"]').waitFor(), frames)
  await watch(page, page.waitForTimeout(HOLD), frames)
  await page.locator('.reply summary').first().click()
  await watch(page, page.waitForTimeout(2 * HOLD), frames)
  const bytes = toGif(frames)
  writeFileSync(FILE, bytes)
  console.log(`${FILE}: ${frames.length} pictures, ${Math.round(bytes.length / 1000)} kB`)
} finally {
  await browser.close()
  await site.close()
}
