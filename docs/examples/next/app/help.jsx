'use client'

import 'second-thought/element/define'

export function Help() {
  return <reflection-chat></reflection-chat>
}
