/**
 * Draws the icons of the installed page (`public/icon-*.png`) from the mark of the interface, so that there is one drawing of it. Run by hand
 * after the mark has changed: `npm run icons`.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchChromium } from './launch-chromium.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The colours of the light theme (`src/ui/parts/tokens.css`): an icon cannot follow the theme. */
const GROUND = '#fdfdfc'
const FIRST = '#3d4247'
const SECOND = '#0b6b62'

/**
 * What is drawn. `share`: of the width that the mark takes; a mask may cut off all but a circle of 80 %. `corner`: radius of the ground's
 * corners as a share of its width.
 */
const ICONS = [
  { name: 'icon-192.png', size: 192, share: 0.72, corner: 0.2 },
  { name: 'icon-512.png', size: 512, share: 0.72, corner: 0.2 },
  { name: 'icon-maskable-512.png', size: 512, share: 0.54, corner: 0 },
]

/** @param {string} source @param {RegExp} expression */
function found(source, expression) {
  const [, inner] = expression.exec(source) ?? []
  if (inner === undefined) throw new Error('src/ui/parts/mark.ts no longer draws the mark as this script reads it.')
  return inner
}

const source = readFileSync(`${ROOT}/src/ui/parts/mark.ts`, 'utf8')
const path = found(source, /<path (d="[^"]+")/)
const circle = found(source, /<circle class="mark-second" ([^>]+)>/)

const browser = await launchChromium()
const page = await browser.newPage()
for (const { name, size, share, corner } of ICONS) {
  const inset = (32 - 32 / share) / 2
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>
    <svg width="${size}" height="${size}" viewBox="${inset} ${inset} ${32 / share} ${32 / share}" fill="none" stroke-width="4">
      <rect x="${inset}" y="${inset}" width="${32 / share}" height="${32 / share}" rx="${(32 / share) * corner}" fill="${GROUND}" />
      <path ${path} stroke="${FIRST}" /><circle ${circle} stroke="${SECOND}" />
    </svg>`)
  await page.screenshot({ path: `${ROOT}/public/${name}`, omitBackground: true })
}
await browser.close()
