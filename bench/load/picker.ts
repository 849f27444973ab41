import { randomUUID } from 'node:crypto'
import { UNIQUE } from '../load.ts'

/** Any of the requests, each time with ids of its own: they are made as they are needed, a request is text put together. */
export function picker(requests: readonly string[]): () => string {
  const pieces = requests.map((text) => text.split(UNIQUE))
  return () => {
    const chosen = pieces[Math.floor(Math.random() * pieces.length)] ?? []
    return chosen.length === 1 ? (chosen[0] ?? '') : chosen.join(randomUUID())
  }
}
