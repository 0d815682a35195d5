import { createEngine } from '../client/create-engine.ts'
import { findModel } from './find-model.ts'
import { startApp } from './start-app.ts'

const root = document.querySelector<HTMLElement>('#app')
if (root !== null) await startApp(root, createEngine(), findModel)
