import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { Problem, type Violation } from '#plugins/problem-details.ts'
import { parseStrictJson } from '#plugins/strict-json.ts'
import { compileViolations } from '#plugins/validation.ts'
import { createLineSplitter, type Line } from './line-splitter.ts'
import type { CatalogueEntry } from './product.ts'
import type { ProductCache } from './product-cache.ts'
import { entryOf, productLine } from './product-input.ts'
import type { ProductStore } from './store.ts'

export interface ImportProductsOptions {
  cache: ProductCache
  currency: string
  store: ProductStore
}

/** A line that could not be taken, and why. */
interface BadLine {
  line: number
  reason: string
}

/** What an import came to. A line that a later one with its id replaced counts as imported too. */
export interface ImportResult {
  imported: number
  /** The first thousand of them, for nobody reads more and memory has to end somewhere. */
  failed: BadLine[]
  /** How many they are in all. */
  failedTotal: number
}

/** Three times the longest product there can be, escapes included. */
const MAX_LINE_BYTES = 64 * 1024
/** Large enough to make the round trip small, small enough to hold its locks for some milliseconds only. */
const LINES_IN_A_STATEMENT = 500
/**
 * Before everybody else has a turn: some milliseconds' worth. Bad lines wait for no statement, and what arrives at once may
 * hold thirty thousand of them.
 */
const LINES_IN_A_TURN = 100
const MAX_FAILED = 1_000
const MAX_DEPTH = 8
const BRACE = 0x7b

/**
 * Takes products as they arrive, one a line, and keeps the good ones; of an import that breaks off, those that had been
 * read, which need not be all that had arrived. What is in memory is one statement's worth under way and one being
 * filled; while the database is slow, the sender is made to wait.
 */
export function importProducts({ cache, currency, store }: ImportProductsOptions) {
  const readEntry = createReader(currency)

  return async (request: FastifyRequest, reply: FastifyReply): Promise<ImportResult> => {
    const { body } = request
    if (!(body instanceof Readable)) throw new Error('the body of an import is a stream')
    const result: ImportResult = { imported: 0, failed: [], failedTotal: 0 }
    const splitter = createLineSplitter(MAX_LINE_BYTES)
    let filling = new Map<string, CatalogueEntry>()
    let lines = 0
    let underWay: Promise<void> = Promise.resolve()

    const send = async () => {
      await underWay
      const [entries, count] = [filling, lines]
      filling = new Map()
      lines = 0
      underWay = save(entries).then(() => {
        result.imported += count
      })
      // It is awaited before the next one; until then a failure must not count as one that nobody handles.
      underWay.catch(() => {})
    }

    const finish = async () => {
      await send()
      await underWay
    }

    // Also without an answer: they may have been put all the same.
    const save = (entries: ReadonlyMap<string, CatalogueEntry>) =>
      store.putMany([...entries.values()]).finally(() => cache.invalidate(entries.keys()))

    const take = async (found: Iterable<Line>) => {
      for (const line of found) {
        if (line.number % LINES_IN_A_TURN === 0) await turn()
        const read = readEntry(line)
        if (read === undefined) continue
        if ('reason' in read) {
          result.failedTotal++
          if (result.failed.length < MAX_FAILED) result.failed.push(read)
          continue
        }
        // Of two lines with one id the later one holds, as if they had come one after the other.
        filling.set(read.id, read)
        lines++
        if (filling.size >= LINES_IN_A_STATEMENT) await send()
      }
    }

    try {
      // Left open on an error: ended in the middle, the connection would take the answer with it, or wait for ever.
      for await (const chunk of body.iterator({ destroyOnReturn: false })) {
        await take(splitter.push(chunk))
      }
      await take(splitter.end())
      await finish()
    } catch (error) {
      // The rest is read and thrown away, or the sender would never come to read the answer.
      body.resume()
      if (error !== body.errored) throw error
      // Broken off by its sender, who hears nothing more. Of the line that did not end nobody knows whether it is whole.
      await finish()
    } finally {
      request.log.info({ ...result, failed: undefined, operator: request.operator }, 'products imported')
    }
    reply.header('cache-control', 'no-store')
    return result
  }
}

type ProductLine = Static<ReturnType<typeof productLine>>

/**
 * A file of another kind is bad line by line, so nothing is thrown for what is usual in one: an error costs more than the
 * line that it is about.
 *
 * @returns a reader of lines: undefined for a blank one, a reason for a bad one
 */
function createReader(currency: string) {
  const find = compileViolations(productLine(currency), 'body')

  return ({ number, bytes }: Line): CatalogueEntry | BadLine | undefined => {
    const bad = (reason: string): BadLine => ({ line: number, reason })
    if (bytes === undefined) return bad(`is longer than ${MAX_LINE_BYTES} bytes`)
    const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x09)
    if (first === undefined) return undefined
    // What is no ASCII is for the parser to tell: it knows a byte order mark.
    if (first !== BRACE && first < 0x80) return bad('does not begin with {, as a product does')
    let value: unknown
    try {
      value = parseStrictJson(bytes, MAX_DEPTH)
    } catch (error) {
      if (error instanceof Problem) return bad(reasonOf(error))
      throw error
    }
    const violations = find(value)
    if (!isProduct(value, violations)) return bad(told(violations))
    const { id, ...input } = value
    return entryOf(id, input)
  }
}

const isProduct = (_value: unknown, violations: readonly Violation[]): _value is ProductLine =>
  violations.length === 0

function reasonOf({ detail, extensions }: Problem): string {
  const { errors } = extensions
  if (Array.isArray(errors)) return told(errors)
  // To the parser it is the first of a text; which of the file it is stands beside the reason.
  return (detail ?? 'cannot be read').replace(/^The body/, 'The line').replace('line 1, column', 'column')
}

const told = (violations: readonly Violation[]): string =>
  violations.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')
