import fp from 'fastify-plugin'
import postgres, { type Sql } from 'postgres'
import { type Admission, createAdmission } from './database/admission.ts'
import { DatabaseUnavailable, isConnectionLoss, isUnavailable } from './database/unavailable.ts'

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
}

export type Database = ReturnType<typeof createDatabase>

/** How long a statement may wait for a connection: long enough for a burst, short enough for a phone. */
const ADMISSION_TIMEOUT_MS = 2_000
/** Callers that may wait at once, for each connection; past that, waiting is only a slower refusal. */
const WAITERS_PER_CONNECTION = 100
/** The server gives a statement up first, so that its locks are gone when the caller hears of it. */
const STATEMENT_TIMEOUT_MS = 5_000
/** Below the statement's: a lock that is not free by then belongs to something stuck. */
const LOCK_TIMEOUT_MS = 3_000
/** The caller's patience with a server that took the statement and went silent. */
const ANSWER_TIMEOUT_MS = 8_000
/** A lost connection is tried again for this long; a restart of the server takes about as much. */
const RETRY_FOR_MS = 4_000
const RETRY_PAUSE_MS = 100

/**
 * One statement on a connection at a time: faster for short ones, and clear of what pipelining loses when a
 * connection dies. The driver knows the option, its types do not.
 */
const ONE_AT_A_TIME = { max_pipeline: 1 }

/** `text[]` and `uuid[]` as parameters. None is ever selected: what is read as a list is read as JSON. */
const TEXT_ARRAY = {
  to: 1009,
  from: [1009, 2951],
  serialize: (list: readonly string[]) =>
    `{${list.map((one) => `"${one.replaceAll(/[\\"]/g, '\\$&')}"`).join(',')}}`,
  parse: (text: string): readonly string[] => {
    throw new Error(`select a list as JSON instead of as ${text}`)
  },
}

type ServiceSql = Sql<{ bigint: number; textArray: readonly string[] }>

export function createDatabase(options: DatabaseOptions) {
  const sql = postgres(options.url, {
    max: options.poolSize,
    ...ONE_AT_A_TIME,
    prepare: options.prepare ?? true,
    connect_timeout: 5,
    // A database that is back must be used within seconds, so the pause between attempts stays short.
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    // The driver asks for these on each new connection, and where that one is ended at this very moment, nobody
    // catches what the question comes to: the process would end. So the first only where there is a choice.
    ...(severalHosts(options.url) && { target_session_attrs: 'primary' as const }),
    fetch_types: false,
    onnotice: () => {},
    types: {
      bigint: { to: 20, from: [20], serialize: String, parse: Number },
      textArray: TEXT_ARRAY,
    },
    connection: {
      application_name: options.applicationName ?? 'holdfast',
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    },
  })
  const admission = createAdmission({
    permits: options.poolSize,
    waiters: options.poolSize * WAITERS_PER_CONNECTION,
    timeoutMs: ADMISSION_TIMEOUT_MS,
  })

  return {
    /**
     * Runs one statement. It must be safe to send twice: when the connection is lost before the answer
     * came, nobody knows whether it was carried out, and it is sent again.
     *
     * @throws DatabaseUnavailable (503) when there is no connection, no free one in time, or no answer
     */
    query: <T>(work: (sql: ServiceSql) => PromiseLike<T>): Promise<T> =>
      retryLostConnections(() => admitted(admission, () => work(sql))),

    /** Connections that there may be, those in use, callers that wait for one, and how many ever waited in vain. */
    pool: () => ({
      size: options.poolSize,
      busy: admission.busy(),
      waiting: admission.waiting(),
      refused: admission.refused(),
    }),

    /** Lets statements under way finish for up to five seconds, then closes every connection. */
    close: () => sql.end({ timeout: 5 }),
  }
}

/** `postgres://user:password@one:5432,two:5432/name`, which is more than `URL` can read. */
function severalHosts(url: string): boolean {
  return /^[^/]*\/\/(?:[^@/]*@)?[^/?]*,/.test(url)
}

async function admitted<T>(admission: Admission, work: () => PromiseLike<T>): Promise<T> {
  const release = await admission.enter()
  const running = Promise.resolve(work())
  // The permit follows the statement, not the caller: a caller that gave up has not freed the connection.
  running.then(release, release)
  return withoutHoles(await withPatience(running))
}

/**
 * The driver counts the rows of an answer, and does not begin anew when the connection is lost in the middle of
 * one: the next answer on its successor begins that many places too late, with holes in front. Left as it is, what
 * is there would be taken for missing.
 */
function withoutHoles<T>(result: T): T {
  if (Array.isArray(result)) while (result.length > 0 && !(0 in result)) result.shift()
  return result
}

async function withPatience<T>(running: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DatabaseUnavailable(`no answer within ${ANSWER_TIMEOUT_MS} ms`)),
      ANSWER_TIMEOUT_MS,
    )
  })
  try {
    return await Promise.race([running, patience])
  } finally {
    clearTimeout(timer)
  }
}

async function retryLostConnections<T>(attempt: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + RETRY_FOR_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isUnavailable(error)) throw error
      if (!isConnectionLoss(error) || Date.now() >= giveUpAt) throw DatabaseUnavailable.from(error)
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS * (0.5 + Math.random())))
    }
  }
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
