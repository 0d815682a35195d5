/// <reference types="second-thought/react" />
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Help } from './help'

function Ask() {
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
      <Ask />
      <Help />
    </StrictMode>,
  )
}
