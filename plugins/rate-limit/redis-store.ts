import { hash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { createMemoryStore, type RateLimitStore, type WindowCount } from './memory-store.ts'

export interface RedisStoreOptions {
  /** `redis://` or `rediss://`, with user, password and database as far as there are any. */
  url: string
  /** What every key begins with, so that others may use the same Redis. */
  prefix: string
  /** Told when counting is shared, and when this instance is left to itself; never more than once a change. */
  log: { info(message: string): void; warn(detail: { reason: string }, message: string): void }
  /**
   * Milliseconds that a request waits for Redis before it is counted by this instance alone. A Redis next door answers
   * in less than one; 25 leave room for a late timer below the 50 that no request may lose here.
   */
  deadlineMs?: number
  /** Milliseconds between two looks whether Redis is back. */
  probeEveryMs?: number
}

/**
 * One round trip, and atomic. The window begins with the first request, as in memory. It is also begun anew where it has
 * no end (a key that somebody made persistent would refuse its client for ever), or one further away than can be.
 */
const COUNT = `
local count = redis.call('incr', KEYS[1])
local left = redis.call('pttl', KEYS[1])
local window = tonumber(ARGV[1])
if left < 0 or left > window then
  redis.call('pexpire', KEYS[1], window)
  left = window
end
return { count, left }
`

const onConnection = {
  // A pair of numbers needs nothing of RESP3, which not everything that speaks like Redis knows.
  protocol: 2,
  disableClientInfo: true,
  // The probe below finds out more than INFO would say, and needs no permission for it.
  enableReadyCheck: false,
  // A request waits for an answer, never for a connection, and nothing that failed is sent again.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 1_000,
  // A connection that hangs is given up, or what was asked on it would be kept for ever.
  socketTimeout: 1_000,
  retryStrategy: () => 500,
} as const

/**
 * Counts of all instances together, in Redis. While that is away, hangs or is slow, each instance counts by itself, and
 * goes on from what it has seen: it counts along all the time, in bounded memory.
 *
 * A request that meets a failure waits for it no longer than the deadline, and is the last that asks: from then on only
 * a probe does, in no request's time, until one is answered within the deadline. Nothing here ever rejects.
 *
 * The client is loaded with the first store, in the background.
 */
export function createRedisStore(options: RedisStoreOptions) {
  const { url, prefix, log, deadlineMs = 25, probeEveryMs = 1_000 } = options
  const memory = createMemoryStore()
  let state: 'connecting' | 'shared' | 'alone' = 'connecting'
  let redis: Redis | undefined
  let probing = false
  let closed = false

  const opened = import('ioredis').then(({ Redis: Client }) => {
    if (closed) return
    redis = new Client(url, onConnection)
    redis.on('error', leftAlone)
    redis.on('ready', probe)
  })
  const timer = setInterval(probe, probeEveryMs).unref()

  async function ask(client: Redis, key: string, windowMs: number): Promise<[count: number, left: number]> {
    const answer: unknown = await within(deadlineMs, client.eval(COUNT, 1, key, windowMs))
    const [count, left]: unknown[] = Array.isArray(answer) ? answer : []
    if (typeof count === 'number' && typeof left === 'number') return [count, left]
    throw new Error('the answer is no count')
  }

  /** Asks what a request would ask, so that a Redis that only replies, but may not write, is not taken for one that counts. */
  async function probe(): Promise<void> {
    if (state === 'shared' || probing || closed || redis?.status !== 'ready') return
    probing = true
    try {
      await ask(redis, `${prefix}probe`, probeEveryMs)
      state = 'shared'
      log.info('requests are counted in Redis, for all instances together')
    } catch (error) {
      leftAlone(error)
    } finally {
      probing = false
    }
  }

  function leftAlone(error: unknown): void {
    if (state === 'alone' || closed) return
    state = 'alone'
    log.warn({ reason: reasonOf(error) }, 'Redis does not count: each instance counts requests by itself')
  }

  async function countTogether(client: Redis, key: string, windowMs: number, now: number, own: WindowCount) {
    try {
      const [count, left] = await ask(client, prefix + digest(key), windowMs)
      return { count, resetsAt: now + left }
    } catch (error) {
      leftAlone(error)
      return own
    }
  }

  return {
    count(key: string, windowMs: number, now: number): WindowCount | Promise<WindowCount> {
      // A copy: what others count while this one waits is not its own.
      const { count, resetsAt } = memory.count(key, windowMs, now)
      const own = { count, resetsAt }
      return state === 'shared' && redis !== undefined && !closed
        ? countTogether(redis, key, windowMs, now, own)
        : own
    },
    async close(): Promise<void> {
      closed = true
      clearInterval(timer)
      await opened
      redis?.disconnect()
    },
  } satisfies RateLimitStore
}

/**
 * Without what may be a password: an error of this client carries the command it failed on, and a server that does not
 * know `AUTH` repeats what came with it. So of a server's own words only the first is told, such as `WRONGPASS`.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name !== 'ReplyError') return error.message || error.name
  return `refused: ${/^[A-Z]+(?= |$)/.exec(error.message)?.[0] ?? 'no reason of a known form'}`
}

/** Of one length whatever it is made of, and no address or name to read in a memory dump of somebody else's server. */
const digest = (key: string): string => hash('sha256', key, 'base64url').slice(0, 22)

/** @throws Error when nothing came in time */
function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // Once around the loop more: when it was this process that was late, the answer has come meanwhile.
    const late = () => setImmediate(reject, new Error(`no answer within ${ms} ms`))
    const timer = setTimeout(late, ms)
    asked.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
