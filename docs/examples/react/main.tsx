/// <reference types="second-thought/react" />
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import 'second-thought/element/define'

function Help() {
  const [last, setLast] = useState('')
  return (
    <>
      <reflection-chat
        suggestions={['What is 47 * 38?']}
        onreflection-message={({ detail }) => setLast(detail.answer)}
      />
      <p>Last answer: {last}</p>
    </>
  )
}

const root = document.getElementById('app')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Help />
    </StrictMode>,
  )
}
