import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUnchanged } from '#plugins/conditional-requests.ts'

/** What is sent as it is, to whoever does not have it yet. */
export interface ServedFile {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

/** @param type the whole `Content-Type` */
export function servedFile(type: string, content: string | Buffer): ServedFile {
  const body = Buffer.from(content)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return { type, body, etag: `"${hash}"` }
}

/** Sends it, or `304`. */
export function sendFile(request: FastifyRequest, reply: FastifyReply, file: ServedFile): FastifyReply {
  const unchanged = isUnchanged(request, file.etag)
  // An hour: it changes with a release, and a reader who is an hour behind misses nothing.
  reply.header('etag', file.etag).cacheControl('public').maxAge('1h')
  if (unchanged) return reply.code(304).send()
  return reply.type(file.type).send(file.body)
}

/** Made at the first call, and kept. A promise that is rejected is not. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    if (made !== undefined) return made.value
    const value = make()
    made = { value }
    if (value instanceof Promise) {
      value.catch(() => {
        made = undefined
      })
    }
    return value
  }
}
