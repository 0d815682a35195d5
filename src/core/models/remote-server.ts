/** A model on a server that speaks OpenAI's interface. */
export interface RemoteServer {
  /** What comes before `/chat/completions`, such as `http://127.0.0.1:8000/v1`. */
  readonly address: string
  /** As the server names it. */
  readonly model: string
}

/** What people know a server by, such as `127.0.0.1:8000`. */
export function hostOf({ address }: Pick<RemoteServer, 'address'>): string {
  return new URL(address).host
}
