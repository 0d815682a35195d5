/** Types of `<reflection-chat>` in JSX of React 19: `/// <reference types="second-thought/react" />`. Events are `onreflection-message={…}`. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react'
import type { ReflectionChatElement } from '../dist/lib/widget/element.js'
import type { ReflectionChatListeners, ReflectionChatProperties } from './properties.js'

type OfEveryElement = DetailedHTMLProps<HTMLAttributes<ReflectionChatElement>, ReflectionChatElement>

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'reflection-chat': Omit<OfEveryElement, keyof ReflectionChatProperties> &
        ReflectionChatProperties &
        ReflectionChatListeners<'on'>
    }
  }
}
