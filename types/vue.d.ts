/** Types of `<reflection-chat>` in templates of Vue 3: `/// <reference types="second-thought/vue" />`. Events are `@reflection-message="…"`. */
import type { DefineComponent } from 'vue'
import type { ReflectionChatProperties, ReflectionChatVueListeners } from './properties.js'

declare module 'vue' {
  interface GlobalComponents {
    'reflection-chat': DefineComponent<ReflectionChatProperties & ReflectionChatVueListeners>
  }
}
