import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import Type, { type Static } from 'typebox'
import { fits } from '#plugins/validation/compile.ts'

export interface SendCatalogueOptions {
  /** Where imports are taken. */
  url: URL
  /** NDJSON. */
  source: Readable
  token?: string | undefined
  /** Called with the size of every piece that goes out. */
  onBytes: (bytes: number) => void
}

const ImportAnswer = Type.Object({
  imported: Type.Integer(),
  failed: Type.Array(Type.Object({ line: Type.Integer(), reason: Type.String() })),
  failedTotal: Type.Integer(),
})

const ProblemAnswer = Type.Object({ title: Type.String(), detail: Type.String() })

/** The import did not come to its end; the message says why, to a person. */
export class ImportFailed extends Error {
  override readonly name = 'ImportFailed'
}

/**
 * Streams a catalogue to the operations listener, as fast as it is taken there. By `node:http`, because `fetch`
 * gives an answer five minutes, and a catalogue may take longer.
 *
 * @throws ImportFailed when the listener cannot be reached or refuses the whole
 */
export async function sendCatalogue(options: SendCatalogueOptions): Promise<Static<typeof ImportAnswer>> {
  const { url, source, token, onBytes } = options
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const request = send(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-ndjson',
      accept: 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
  const sent = pipeline(source, counted, request)
  // A listener that refuses answers before all is sent, and may hang up on the rest: the answer is what counts.
  sent.catch(() => {})
  try {
    const response = await Promise.race([answered, sent.then(() => answered)])
    return await read(response)
  } catch (error) {
    throw error instanceof ImportFailed ? error : new ImportFailed(unreachable(url, error), { cause: error })
  } finally {
    source.destroy()
    request.destroy()
  }
}

async function read(response: IncomingMessage): Promise<Static<typeof ImportAnswer>> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const answer = parse(Buffer.concat(chunks).toString())
  if (response.statusCode === 200 && fits(ImportAnswer, answer)) return answer
  const why = fits(ProblemAnswer, answer) ? `${answer.title}: ${answer.detail}` : 'no further word'
  throw new ImportFailed(`The import was refused with ${response.statusCode}. ${why}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreachable(url: URL, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const hint = code === 'ECONNREFUSED' ? ' Is the service running, and is this its operations listener?' : ''
  return `${url.origin} cannot be reached, or hung up (${code || String(error)}).${hint}`
}
