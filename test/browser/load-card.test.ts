import axe from 'axe-core'
import { render } from 'lit/html.js'
import { afterEach, describe, expect, test } from 'vitest'
import '../../src/ui/app/app-page.css'
import { ReflectionError } from '../../src/core/errors.ts'
import { checkFit } from '../../src/core/models/check-fit.ts'
import { prebuiltModels } from '../../src/core/models/model-list.ts'
import type { ModelState } from '../../src/state/model-loader.ts'
import { createGpuAdvice } from '../../src/ui/models/fetched-gpu-advice.ts'
import { loadAgain, loadCard, type LoadCardActions } from '../../src/ui/models/load-card.ts'
import { ENGLISH } from '../fakes/english.ts'
import { loadLocale, needLaterWords } from '../../src/ui/words/locales.ts'
import { SCRIPTED_MODEL as model } from '../fakes/scripted-engine.ts'

const adapter = { name: 'SwiftShader', vendor: '', architecture: '', isFallback: true }
const software = {
  webgpu: 'available',
  adapter,
  features: [],
  limits: {},
  processor: { isUsable: false, threads: 1 },
  isSecureContext: true,
} as const
const nothingAtAll = {
  webgpu: 'missing',
  features: [],
  limits: {},
  processor: { isUsable: false, threads: 1 },
  isSecureContext: true,
} as const
const progress = { phase: 'download', share: 0.5, bytes: 1e6, totalBytes: 2e6 } as const
const error = new ReflectionError('device-lost', 'The GPU was taken away. Load the model again.')
const [better] = prebuiltModels
const large = { ...model, downloadBytes: 2e9 }

afterEach(() => document.body.replaceChildren())

async function show(state: ModelState, { locale = ENGLISH, isTold = false } = {}) {
  const called: string[] = []
  const draw = () =>
    render(
      isTold && state.status === 'failed' ? loadAgain(state, actions, locale) : loadCard(state, actions, locale),
      root,
    )
  const actions: LoadCardActions = {
    onCancel: () => called.push('cancel'),
    onPause: () => called.push('pause'),
    onLoad: () => called.push('load'),
    onLoadAnyway: () => called.push('anyway'),
    onLoadOther: ({ id }) => called.push(id),
    onCheckAgain: () => called.push('check'),
    onProcessor: () => called.push('processor'),
    onAutomatic: () => called.push('automatic'),
    showGpuAdvice: createGpuAdvice(draw),
    hasFitWords: () => 'fit' in locale.words,
    hasOtherModels: true,
  }
  const root = document.createElement('main')
  document.body.append(root)
  draw()
  const cards = () => root.querySelectorAll('.card').length
  await expect.poll(cards).toBe(state.status === 'unfit' ? 1 : cards()) // how to get a GPU is fetched
  for (const button of root.querySelectorAll('button')) button.click()
  return { root, called, text: root.textContent?.replaceAll(/\s+/g, ' ').trim() ?? '' }
}

const unfit: ModelState = {
  status: 'unfit',
  model: large,
  fit: checkFit(large, software),
  device: software,
  ...(better && { better }),
}
const noGpu: ModelState = { status: 'unfit', model, fit: checkFit(model, nothingAtAll), device: nothingAtAll }

describe('the card of loading', () => {
  test.each<[string, ModelState, RegExp, string[]]>([
    ['nothing when no model is wanted', { status: 'none' }, /^$/, []],
    [
      'what is going on before anything came',
      { status: 'loading', step: 'describe' },
      /^Loading the model Reading what the model needs… Cancel$/,
      ['cancel'],
    ],
    [
      'progress',
      { status: 'loading', step: 'list', model, progress },
      /^Loading Scripted Downloading · 1\.0 MB of 2\.0 MB Pause Cancel$/,
      ['pause', 'cancel'],
    ],
    [
      'how far a download came before it was paused',
      { status: 'paused', model, progress: { ...progress, share: 0.43 } },
      /^Scripted · Paused at 43% What had arrived is kept\. Go on Other models$/,
      ['load'],
    ],
    [
      'why a model that was ready is loaded again',
      { status: 'loading', step: 'list', model, returnsFrom: error },
      /^Loading Scripted .* The GPU was taken away · The model is loaded again by itself.* Cancel$/,
      ['cancel'],
    ],
    ['a load that was cancelled', { status: 'cancelled', model }, /cancelled .* Load Scripted Other models$/, ['load']],
    [
      'the processor as the way to go on where the GPU does not serve',
      { status: 'failed', model, error, wasReady: true, canUseProcessor: true },
      /Load the model again Go on with the processor/,
      ['load', 'processor'],
    ],
    [
      'a failure',
      { status: 'failed', model, error, wasReady: true, canUseProcessor: false },
      /^The GPU was taken away The GPU was .* Load the model again Other models$/,
      ['load'],
    ],
    ...(['request-invalid', 'host-forbidden'] as const).map((code): [string, ModelState, RegExp, string[]] => [
      `other models as the way out where another try does not help: ${code}`,
      {
        status: 'failed',
        error: new ReflectionError(code, 'There is no such model.'),
        wasReady: false,
        canUseProcessor: false,
      },
      /There is no such model\. Other models$/,
      [],
    ]),
    [
      'the processor where there is no GPU and the user wanted that',
      { ...noGpu, canUseProcessor: true },
      /You chose that in the settings\. Go on with the processor Check again$/,
      ['automatic', 'check'],
    ],
    [
      'the processor where the GPU that the user wanted does not do',
      { ...unfit, canUseProcessor: true },
      /Go on with the processor .* Try it anyway/,
      ['automatic', better?.id ?? '', 'anyway'],
    ],
    [
      'why the device is not fit, and the best model that is',
      unfit,
      /^This device cannot run Scripted This browser uses no GPU.*Load Llama 3\.2 1B \(784 MB\), the best that fits Try it anyway/,
      [better?.id ?? '', 'anyway'],
    ],
    ['how to get a GPU', noGpu, /^WebGPU .* To get it: .*Check again$/, ['check']],
  ])('tells %s', async (_, state, words, calls) => {
    const { root, text, called } = await show(state)
    expect(text).toMatch(words)
    expect(called).toEqual(calls)
    expect((await axe.run(root)).violations.map(({ id }) => id)).toEqual([])
  })

  test('says only what to do where the page says why already', async () => {
    const { text } = await show(
      { status: 'failed', model, error, wasReady: true, canUseProcessor: false },
      { isTold: true },
    )
    expect(text).toBe('Load the model again')
  })

  test.each<[string, ModelState, RegExp]>([
    ['loading', { status: 'loading', step: 'start', model }, /正在启动引擎/],
    [
      'failed',
      { status: 'failed', model, error, wasReady: true, canUseProcessor: false },
      /请重新加载模型以继续.*The GPU was taken away\. Load the model again\./,
    ],
    ['unfit', unfit, /这台设备无法运行 Scripted.*没有使用 GPU/],
    ['no GPU', noGpu, /要启用它：.*重新检查$/],
  ])('speaks Chinese: %s', async (_, state, words) => {
    const locale = await loadLocale('zh-CN')
    await needLaterWords({ get: () => locale })
    const { text } = await show(state, { locale })
    expect(text).toMatch(words)
  })
})
