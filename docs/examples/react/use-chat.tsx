// A chat of your own with the AI SDK: its hook asks the engine in this page, where it would ask a server.
import { useChat } from '@ai-sdk/react'
import { DirectChatTransport, ToolLoopAgent } from 'ai'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'
import { createEngine } from 'second-thought'
import { createLanguageModel } from 'second-thought/ai-sdk'

const agent = new ToolLoopAgent({ model: createLanguageModel(createEngine()) })
const transport = new DirectChatTransport({ agent })

function Chat() {
  const [question, setQuestion] = useState('')
  const { messages, sendMessage, status, stop } = useChat({ transport })
  const isBusy = status === 'submitted' || status === 'streaming'
  return (
    <>
      {messages.map(({ id, role, parts }) => (
        <article key={id} className={role} aria-busy={isBusy && id === messages.at(-1)?.id}>
          {parts.map((part, index) => {
            if (part.type === 'reasoning') return <em key={index}>{part.text}</em>
            return part.type === 'text' && <p key={index}>{part.text}</p>
          })}
        </article>
      ))}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isBusy) return void stop()
          void sendMessage({ text: question })
          setQuestion('')
        }}
      >
        <input aria-label="Question" value={question} onChange={({ target }) => setQuestion(target.value)} />
        <button>{isBusy ? 'Stop' : 'Ask'}</button>
      </form>
    </>
  )
}

const root = document.getElementById('app')
if (root !== null) createRoot(root).render(<Chat />)
