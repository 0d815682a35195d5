import { expect, test } from 'vitest'
import { withOwnRem } from '../../../src/widget/chat-styles.ts'

test.each([
  ['a{margin:0 -.5rem}', 'a{margin:0 calc(-.5 * var(--rem))}'],
  [
    'a{width:clamp(1rem,2.5rem + 1vw,3rem)}',
    'a{width:clamp(calc(1 * var(--rem)),calc(2.5 * var(--rem)) + 1vw,calc(3 * var(--rem)))}',
  ],
  ['@media (max-width: 40rem){a{gap:1rem}}', '@media (max-width: 40rem){a{gap:calc(1 * var(--rem))}}'],
  [':host{--rem:max(1rem,16px);gap:2px}', ':host{--rem:max(1rem,16px);gap:2px}'],
])('sizes count in the rem of the element, but not in conditions: %s', (from, to) => {
  expect(withOwnRem(from)).toBe(to)
})
