import { setTimeout as pause } from 'node:timers/promises'
import { createRandom } from '../../sandbox/random.ts'
import { tokenOf, V2 } from '../support/shop.ts'
import type { Journal, Subject } from './journal.ts'

export interface Answer {
  status: number
  /** Those that a replay must repeat. */
  headers: Record<string, string | null>
  replayed: boolean
  text: string
}

export interface Call {
  method: 'GET' | 'POST'
  path: string
  version: 1 | 2
  body?: unknown
  key?: string
  subject: Subject
}

export interface PhoneOptions {
  principal: string
  seed: number
  /** Addresses that are there now; every call takes the next. */
  addresses: () => string[]
  journal: Journal
  /** Told of an answer that a client must never see. */
  wrong: (what: string, subject: Subject) => void
}

export type Phone = Awaited<ReturnType<typeof createPhone>>

/** Longer than the service takes at its slowest, or a phone would give up on what is about to be answered. */
const PATIENCE_MS = 15_000

/** One customer's phone: round robin over the service, and on any failure the same again, with the same key. */
export async function createPhone({ principal, seed, addresses, journal, wrong }: PhoneOptions) {
  const token = await tokenOf(principal)
  const random = createRandom(seed, principal)
  let turn = Math.floor(random() * 100)

  async function once({ method, path, version, body, key, subject }: Call): Promise<Answer | undefined> {
    const all = addresses()
    const address = all[turn++ % all.length]
    if (address === undefined) return undefined
    const type = version === 2 ? V2 : 'application/json'
    try {
      const response = await fetch(`${address}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: type,
          ...(body !== undefined && { 'content-type': type }),
          ...(key !== undefined && { 'idempotency-key': `"${key}"` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      const text = await response.text()
      const replayed = response.headers.get('idempotency-replayed') === 'true'
      journal.note(
        `${method} ${path} at ${address}: ${response.status} ${replayed ? '(replayed) ' : ''}${text}`,
        subject,
      )
      const names = ['content-type', 'location', 'etag', 'api-version']
      const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)]))
      return { status: response.status, headers, replayed, text }
    } catch (error) {
      journal.note(`${method} ${path} at ${address}: ${reasonOf(error)}`, subject)
      return undefined
    }
  }

  return {
    principal,
    once,

    /** @returns the first answer that is one; undefined when the storm has lasted longer than any patience */
    async untilAnswered(call: Call): Promise<Answer | undefined> {
      const giveUpAt = performance.now() + 120_000
      while (performance.now() < giveUpAt) {
        const answer = await once(call)
        if (answer !== undefined && !passes(answer)) {
          if (!EXPECTED.has(answer.status)) wrong(`answered ${answer.status} ${answer.text}`, call.subject)
          return answer
        }
        await pause(50 + 300 * random())
      }
      wrong('no answer within two minutes', call.subject)
      return undefined
    },
  }
}

const EXPECTED = new Set([200, 201, 402, 409])

/** Whether an answer says "later" and nothing else. */
function passes({ status, text }: Answer): boolean {
  if (status === 503) return true
  return status === 409 && /"type":"[^"]*\/(idempotency-in-progress|order-in-progress)"/.test(text)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
