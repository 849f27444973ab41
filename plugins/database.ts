import { setTimeout as pause } from 'node:timers/promises'
import fp from 'fastify-plugin'
import { soundAnswer } from './database/answer.ts'
import { hostsOf } from './database/hosts.ts'
import { createPool, type Pool, type ServiceSql } from './database/pool.ts'
import { createReachability } from './database/reachability.ts'
import { tracedStatement } from './database/statement-span.ts'
import {
  DatabaseUnavailable,
  isConnectionLoss,
  isUnavailable,
  missingInPooler,
} from './database/unavailable.ts'
import { within } from './within.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The one way to PostgreSQL: admission, retry of lost connections, translated errors. */
    database: Database
  }
}

export interface DatabaseOptions {
  /** A `postgres://` URL; several hosts separated by commas mean "whichever is primary now". */
  url: string
  /** Connections of this process. Few are better: a statement waits less in our queue than in theirs. */
  poolSize: number
  /** Named prepared statements; off for a transaction-mode pooler that does not know them. */
  prepare?: boolean
  /** What the connections call themselves in `pg_stat_activity`. */
  applicationName?: string
  /** Told when the database is lost, found, or less than it should be. */
  log?: { warn: (details: { err?: unknown }, message: string) => void }
}

export type Database = ReturnType<typeof createDatabase>

/** A caller's whole patience, waiting and trying again included: two such waits fit in ten seconds. */
const DEADLINE_MS = 5_000
/** A lost connection is tried again for this long; a restart of the server takes about as much. */
const RETRY_FOR_MS = 3_000
const RETRY_PAUSE_MS = 100
/** A statement without an answer for so long, which the server should have given up by itself, has none to come. */
const SILENCE_MS = 5_000
/** Connections lost one after the other before the next of several hosts is tried: one may have been killed. */
const LOSSES_BEFORE_NEXT_HOST = 3
const NO_ANSWER = 'no answer in time'

export function createDatabase(options: DatabaseOptions) {
  const { poolSize, log } = options
  const hosts = hostsOf(options.url)
  const inUse = {
    host: 0,
    prepare: options.prepare ?? true,
    startupParameters: true,
  }
  let pool = open()
  let losses = 0
  let refusedBefore = 0
  const reachability = createReachability({
    ask: () => pool.ask(),
    unanswered: () => replacePool({ nextHost: true }),
    onLost: (err) => log?.warn({ err }, 'the database is away'),
    onFound: () => log?.warn({}, 'the database is back'),
  })

  function open(): Pool {
    const opened = createPool({
      url: hosts[inUse.host] ?? hosts[0],
      size: poolSize,
      applicationName: options.applicationName ?? 'holdfast',
      primaryOnly: hosts.length > 1,
      onMute: () => {
        if (opened === pool) replacePool({ nextHost: false })
      },
      ...inUse,
    })
    return opened
  }

  /** What is under way on the old one is lost with it, and sent again on the new one. */
  function replacePool({ nextHost }: { nextHost: boolean }): void {
    const old = pool
    if (nextHost) inUse.host = (inUse.host + 1) % hosts.length
    losses = 0
    refusedBefore += old.admission.refused()
    pool = open()
    void old.sql.end({ timeout: 0 })
  }

  async function run<T>(work: (sql: ServiceSql) => PromiseLike<T>, giveUpAt: number): Promise<T> {
    const current = pool
    const release = await current.admission.enter()
    const sentAt = performance.now()
    const running = Promise.try(() => tracedStatement(() => work(current.sql)))
    const silence = setTimeout(() => {
      if (current === pool) replacePool({ nextHost: false })
      if (!reachability.answeredSince(sentAt)) reachability.lost(new Error(NO_ANSWER))
    }, SILENCE_MS)
    // The permit follows the statement, not the caller: a caller that gave up has not freed the connection.
    const settled = () => {
      clearTimeout(silence)
      release()
    }
    running.then(settled, settled)
    const result = soundAnswer(await within(giveUpAt - performance.now(), running, noAnswer))
    losses = 0
    reachability.answered()
    return result
  }

  /** Whether an error is none of the statement's, and the next attempt may do better. */
  function isWorthAnother(error: unknown, of: Pool): boolean {
    const missing = missingInPooler(error)
    if (missing !== undefined) {
      if (of !== pool || !inUse[missing]) return true
      inUse[missing] = false
      log?.warn({}, `the database is behind a pooler that does not know ${missing}: going on without`)
      replacePool({ nextHost: false })
      return true
    }
    if (!isConnectionLoss(error)) return false
    if (of === pool && ++losses >= LOSSES_BEFORE_NEXT_HOST && hosts.length > 1)
      replacePool({ nextHost: true })
    return true
  }

  return {
    /**
     * Runs one statement. It must be safe to send twice: when the connection is lost before the answer
     * came, nobody knows whether it was carried out, and it is sent again.
     *
     * @throws DatabaseUnavailable (503) when there is no connection, no free one in time, or no answer: within five
     *   seconds, and at once while the database is known to be away
     */
    async query<T>(work: (sql: ServiceSql) => PromiseLike<T>): Promise<T> {
      const beganAt = performance.now()
      for (;;) {
        if (reachability.isAway()) throw new DatabaseUnavailable('the database is known to be away')
        const tried = pool
        try {
          return await run(work, beganAt + DEADLINE_MS)
        } catch (error) {
          if (!isWorthAnother(error, tried))
            throw isUnavailable(error) ? DatabaseUnavailable.from(error) : error
          if (performance.now() >= beganAt + RETRY_FOR_MS) {
            if (!reachability.answeredSince(beganAt)) reachability.lost(error)
            throw DatabaseUnavailable.from(error)
          }
        }
        await pause(RETRY_PAUSE_MS * (0.5 + Math.random()))
      }
    },

    /** How often it has answered so far: one more, and it is not away. */
    answers: reachability.answers,

    /** The URL of the host in use, for those who connect by themselves. */
    hostInUse: (): string => hosts[inUse.host] ?? hosts[0],

    /** Connections that there may be, those in use, callers that wait for one, and how many ever waited in vain. */
    pool: () => ({
      size: poolSize,
      busy: pool.admission.busy(),
      waiting: pool.admission.waiting(),
      refused: refusedBefore + pool.admission.refused(),
    }),

    /** Lets statements under way finish for up to five seconds, unless it is away; then closes every connection. */
    async close(): Promise<void> {
      const timeout = reachability.isAway() ? 0 : 5
      reachability.close()
      await pool.sql.end({ timeout })
    },
  }
}

function noAnswer(): never {
  throw new DatabaseUnavailable(NO_ANSWER)
}

/**
 * PostgreSQL for a listener. Registering it connects to nothing: a process starts while its database is away, and
 * serves as soon as it is there. It is closed by whoever made it, as jobs still need it when listeners are gone.
 */
export const database = fp<{ database: Database }>(
  async (app, options) => {
    app.decorate('database', options.database)
  },
  { name: 'database', fastify: '5.x' },
)
