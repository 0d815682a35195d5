import { secondThought } from 'second-thought/vite'
import { defineConfig } from 'vite'

export default defineConfig({ plugins: [secondThought()] })
