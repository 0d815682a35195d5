import type { ModelDescription } from '../../../../src/core/models/model-description.ts'
import { DIALECTS } from '../../../../src/core/tags/dialect.ts'

/** A model of the Reflection kind; its tags are tokens of the tokenizer. */
export function describeModel(changes: Partial<ModelDescription> = {}): ModelDescription {
  return {
    id: 'scripted',
    revision: '1',
    name: 'Scripted',
    summary: 'Says what a test wants.',
    origin: 'user',
    folderUrl: 'http://127.0.0.1/scripted/resolve/1/',
    libraryUrl: 'http://127.0.0.1/scripted/resolve/1/model.wasm',
    dialect: DIALECTS.reflection,
    tags: [],
    trainedToReflect: true,
    template: 'llama-3',
    contextWindow: 4096,
    downloadBytes: 0,
    gpuMemoryBytes: 0,
    requiredFeatures: [],
    requiredLimits: {},
    license: 'Apache-2.0',
    sampling: { temperature: 0.7, topP: 0.95 },
    skills: [],
    languages: ['en'],
    ...changes,
  }
}
