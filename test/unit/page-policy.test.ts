import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { expect, test } from 'vitest'
import { contentPolicy, isBuiltFor, policyFor } from '../../scripts/policy-plugin.mjs'
import { prebuiltModels, suppliedModels } from '../../src/core/models/model-list.ts'

// That the built page has this policy, and what the browser makes of it: test/e2e/page.test.ts.

/** What may be connected to. */
function connections(policy: string): string[] {
  const [directive = '', ...more] = policy.split('; ').filter((part) => part.startsWith('connect-src '))
  expect(more).toEqual([])
  return directive.split(' ').slice(1).toSorted()
}

const own = { folderUrl: 'https://models.example:8443/a/resolve/v1/', libraryUrl: 'https://libraries.example/a.wasm' }

test('the page may connect to its own server and the publishers of the listed models, and to nobody else', () => {
  expect(connections(policyFor(prebuiltModels, {}))).toEqual([
    "'self'",
    'https://*.hf.co', // Hugging Face sends downloads on to these two
    'https://*.huggingface.co',
    'https://huggingface.co',
    'https://raw.githubusercontent.com',
  ])
})

test('whatever a listed model consists of may be fetched', () => {
  const allowed = connections(policyFor(prebuiltModels, {}))
  const addresses = [
    ...prebuiltModels.flatMap(({ folderUrl, libraryUrl }) => [folderUrl, libraryUrl]),
    ...suppliedModels.map(({ libraryUrl }) => libraryUrl),
  ]
  expect(addresses.length).toBeGreaterThan(20)
  expect(addresses.filter((address) => !allowed.includes(new URL(address).origin))).toEqual([])
})

test('with another list of models the hosts are those of that list', () => {
  expect(connections(policyFor([own, own], {}))).toEqual([
    "'self'",
    'https://libraries.example',
    'https://models.example:8443',
  ])
  expect(connections(policyFor([], {}))).toEqual(["'self'"])
})

test('hosts that the build names are added, and nothing else is', () => {
  const env = { MODEL_HOSTS: ' http://localhost:8000  https://*.mine.example https://models.example:8443 ' }
  expect(connections(policyFor([own], env))).toEqual([
    "'self'",
    'http://localhost:8000',
    'https://*.mine.example',
    'https://libraries.example',
    'https://models.example:8443',
  ])
  expect(policyFor([own], { MODEL_HOSTS: '' })).toBe(policyFor([own], {}))
})

test.each([
  '*',
  'https:',
  "https://a.example;script-src'unsafe-inline'",
  "'unsafe-eval'",
  'https://a.example/path',
  'https://*',
])('a build that names %s, which is no host, is refused', (MODEL_HOSTS) => {
  expect(() => policyFor([own], { MODEL_HOSTS: `https://b.example ${MODEL_HOSTS}` })).toThrow(/^MODEL_HOSTS names "/)
})

test('nothing but connections depends on the models', () => {
  const others = (policy: string) => policy.split('; ').filter((part) => !part.startsWith('connect-src '))
  expect(others(policyFor([], {}))).toEqual(others(policyFor(prebuiltModels, { MODEL_HOSTS: 'https://a.example' })))
  expect(others(policyFor([], {}))).toEqual([
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ])
})

test('a site that was built with other hosts is told from one that is as it is wanted', async () => {
  const root = mkdtempSync(join(tmpdir(), 'policy-'))
  try {
    writeFileSync(join(root, 'index.html'), '<!doctype html><title>page</title>')
    const site = join(root, 'dist')
    const wide = { MODEL_HOSTS: 'https://b.example  https://a.example' }
    const buildFor = (env: NodeJS.ProcessEnv) =>
      build({ root, configFile: false, logLevel: 'silent', plugins: [contentPolicy([own], env)] })
    expect(isBuiltFor(site, {})).toBe(false)
    await buildFor(wide)
    expect(isBuiltFor(site, wide)).toBe(true)
    expect(isBuiltFor(site, { MODEL_HOSTS: 'https://a.example https://b.example' })).toBe(true)
    expect(isBuiltFor(site, { MODEL_HOSTS: 'https://a.example' })).toBe(false)
    expect(isBuiltFor(site, {})).toBe(false)
    await buildFor({})
    expect(isBuiltFor(site, {})).toBe(true)
    expect(() => isBuiltFor(site, { MODEL_HOSTS: '*' })).toThrow('MODEL_HOSTS names "*"')
  } finally {
    rmSync(root, { recursive: true })
  }
})
