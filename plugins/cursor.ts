import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'
import { Problem, type Violation } from './problem-details.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Seals the place where a page ended, and opens it again. */
    cursors: Cursors
  }
}

export interface CursorOptions {
  /** Known to every instance and to no client. The key is derived from it; changing it ends the cursors out. */
  secret: string
}

export type Cursors = ReturnType<typeof createCursors>

/** 128 bits: a forger would need 2^127 requests on average. */
const TAG_BYTES = 16
/** Longer than any that was ever given out; it bounds the work of refusing one. */
const MAX_LENGTH = 1024
const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

/**
 * Opaque cursors for keyset paging. What is sealed can be read by who decodes it, but not made or changed, and
 * opens only in the context it was made for: name the route and, for what is somebody's own, the principal.
 */
export function createCursors(secret: string) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'keyset cursor', 32))

  const tagOf = (payload: Buffer, context: string) =>
    createHmac('sha256', key)
      .update(`${context.length}:${context}`)
      .update(payload)
      .digest()
      .subarray(0, TAG_BYTES)

  return {
    /** @param value anything JSON holds; the same value and context give the same cursor */
    seal(value: unknown, context: string): string {
      const payload = Buffer.from(JSON.stringify(value))
      return Buffer.concat([tagOf(payload, context), payload]).toString('base64url')
    },

    /** @throws Problem validation-failed, for a cursor that was forged, damaged, or made for another list */
    open(cursor: string, context: string): unknown {
      const opened = cursor.length > MAX_LENGTH ? undefined : openSealed(cursor, context)
      if (opened === undefined) throw refusal([cursorViolation])
      return opened.value
    },
  }

  function openSealed(cursor: string, context: string): { value: unknown } | undefined {
    const bytes = Buffer.from(cursor, 'base64url')
    // Decoding skips what is not base64url; one cursor has one spelling.
    if (bytes.length <= TAG_BYTES || bytes.toString('base64url') !== cursor) return undefined
    const payload = bytes.subarray(TAG_BYTES)
    if (!timingSafeEqual(tagOf(payload, context), bytes.subarray(0, TAG_BYTES))) return undefined
    return { value: JSON.parse(payload.toString()) }
  }
}

/** Which page of a list a request asks for. */
export interface Paging {
  /** 1 to 100. */
  readonly limit: number
  /** As it came, to name the page by. */
  readonly cursor: string | undefined
  /** What was sealed in the cursor; undefined for the first page. */
  readonly position: unknown
}

/** What a list is narrowed to. */
export interface Filter<Word> {
  /** Undefined where it is left out, or is none. */
  readonly value: Word | undefined
  /** For `readPaging`, which tells of all that is wrong with the query at once. */
  readonly violations: readonly Violation[]
}

/** Reads a parameter of a query that has to be one of a few words, strictly. */
export function readFilter<Word extends string>(
  query: unknown,
  name: string,
  words: readonly Word[],
): Filter<Word> {
  const given: unknown = Object(query)[name]
  const value = words.find((word) => word === given)
  if (given === undefined || value !== undefined) return { value, violations: [] }
  const detail = `must be one of ${words.join(', ')}, given once`
  return { value, violations: [{ pointer: `#/${name}`, in: 'query', detail }] }
}

/**
 * Reads `limit` and `cursor` of a query strictly. Other parameters are passed over.
 *
 * @param others what is wrong with the query beside
 * @throws Problem validation-failed naming each of the two that is bad, and the others
 */
export function readPaging(
  query: unknown,
  cursors: Cursors,
  context: string,
  others: readonly Violation[] = [],
): Paging {
  const { limit, cursor } = Object(query)
  const violations = [...others]
  const isLimit = limit === undefined || (typeof limit === 'string' && /^(?:[1-9]\d?|100)$/.test(limit))
  if (!isLimit) violations.push(limitViolation)
  let position: unknown
  if (cursor !== undefined) {
    try {
      position = cursors.open(typeof cursor === 'string' ? cursor : '', context)
    } catch {
      violations.push(cursorViolation)
    }
  }
  if (violations.length > 0) throw refusal(violations)
  return { limit: limit === undefined ? DEFAULT_LIMIT : Number(limit), cursor, position }
}

const limitViolation: Violation = {
  pointer: '#/limit',
  in: 'query',
  detail: `must be a whole number from 1 to ${MAX_LIMIT}, given once`,
}

const cursorViolation: Violation = {
  pointer: '#/cursor',
  in: 'query',
  detail: 'must be one that this list gave out; leave it out to begin at the start',
}

function refusal(errors: Violation[]): Problem {
  return new Problem('validation-failed', { extensions: { errors } })
}

/** Gives every list of the application the same cursors. */
export const cursor = fp<CursorOptions>(
  async (app, { secret }) => {
    app.decorate('cursors', createCursors(secret))
  },
  { name: 'cursor', fastify: '5.x' },
)
