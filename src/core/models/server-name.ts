import type { RemoteServer } from './remote-server.ts'

/** A model on a server and the tags in which it thinks, as the list of models names it. */
export interface NamedServer extends RemoteServer {
  readonly dialect: 'reflection' | 'think'
}

/** `server:<address>#<model>`, with `think:` before the address for models that think in `<think>` tags. */
export function nameServerModel({ address, model, dialect }: NamedServer): string {
  return `server:${dialect === 'think' ? 'think:' : ''}${address}#${model}`
}

/** What such a name says; undefined for any other. */
export function splitServerName(name: string): NamedServer | undefined {
  const [, think, address, model] = /^server:(think:)?(https?:\/\/[^#]+)#(.+)$/.exec(name) ?? []
  if (address === undefined || model === undefined || !URL.canParse(address)) return undefined
  return { address, model, dialect: think === undefined ? 'reflection' : 'think' }
}
