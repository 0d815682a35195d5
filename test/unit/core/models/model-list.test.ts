import { readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseManifest } from '../../../../src/core/models/parse-manifest.ts'
import { embeddedModel } from '../../../../src/core/models/model-list.ts'

const published = new URL('../../../../public/', import.meta.url)

test('the embedded model lies where the list says, complete, and is the one that it says', () => {
  const file = new URL(embeddedModel.manifestPath, published)
  const model = parseManifest(
    JSON.parse(readFileSync(file, 'utf8')),
    `https://example.org/${embeddedModel.manifestPath}`,
  )
  expect(model.id).toBe(embeddedModel.id)
  expect(embeddedModel.manifestPath).toContain(`/resolve/${model.revision}/`)
  expect(model.files?.map(({ path }) => statSync(new URL(path, file)).size)).toEqual(
    model.files?.map(({ bytes }) => bytes),
  )
})
