/** Types of `<reflection-chat>` in Svelte 5: `/// <reference types="second-thought/svelte" />`. Events are `onreflection-message={…}`. */
import type { HTMLAttributes } from 'svelte/elements'
import type { ReflectionChatElement } from '../dist/lib/widget/element.js'
import type { ReflectionChatListeners, ReflectionChatProperties } from './properties.js'

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'reflection-chat': Omit<HTMLAttributes<ReflectionChatElement>, keyof ReflectionChatProperties> &
      ReflectionChatProperties &
      ReflectionChatListeners<'on'>
  }
}
