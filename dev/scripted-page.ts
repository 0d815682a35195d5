/** The page with an engine that plays a script, for a look at it while developing: `npm run dev`, then dev/scripted-page.html. */
import { startApp } from '../src/app/start-app.ts'
import { ReflectionError } from '../src/core/errors.ts'
import { createScriptedEngine, SCRIPTED_MODEL, type ScriptedReply } from '../test/fakes/scripted-engine.ts'

const GOOD = `<thinking>
I compare 9.9 and 9.11 digit by digit.
The whole parts are equal: 9 and 9.
After the point: 9 against 11, and 11 is larger, so 9.11 is larger.
<reflection>
11 is not a whole number here. The digits after the point count as tenths and hundredths: 9.9 has 9 tenths, 9.11 has 1 tenth.
</reflection>
9 tenths are more than 1 tenth, so 9.9 is larger.
</thinking>
<output>
**9.9** is larger than 9.11.

| Number | Tenths | Hundredths |
| --- | --- | --- |
| 9.9 | 9 | 0 |
| 9.11 | 1 | 1 |

- The difference is $9.9 - 9.11 = 0.79$.
- In code:

\`\`\`python
def larger(a: float, b: float) -> float:
    return max(a, b)  # 9.9
\`\`\`

See [decimals](https://example.org/decimals) and ![a picture](https://example.org/picture.png).
</output>`

const SCRIPTS: Readonly<Record<string, ScriptedReply>> = {
  good: { text: GOOD },
  long: { text: GOOD.slice(0, 700), finishReason: 'length', droppedMessages: 2 },
  crash: {
    text: GOOD.slice(0, 300),
    error: new ReflectionError(
      'device-lost',
      'The GPU was taken away while the model wrote. The engine was started anew; load the model again to go on.',
    ),
  },
  large: {
    text: '',
    error: new ReflectionError(
      'prompt-too-long',
      'The message has 31,200 tokens, but the model can read 1,024. Shorten it.',
    ),
  },
}

const query = new URLSearchParams(location.search)
const root = document.querySelector<HTMLElement>('#app')
if (root !== null) {
  const milliseconds = Number(query.get('pace') ?? 25)
  const engine = createScriptedEngine({
    replies: [SCRIPTS[query.get('script') ?? 'good'] ?? GOOD],
    pace: () => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    loading: Array.from({ length: 20 }, (_, index) => ({
      phase: 'download' as const,
      share: index / 20,
      bytes: index * 280_000,
      totalBytes: 5_600_000,
      bytesPerSecond: 1_400_000,
      secondsLeft: (20 - index) / 5,
    })),
  })
  await startApp(root, engine, async () => SCRIPTED_MODEL)
}
