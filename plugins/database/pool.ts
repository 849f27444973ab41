import postgres, { type Sql } from 'postgres'
import { type Admission, createAdmission } from '../overload/admission.ts'
import { readJson } from '../strict-json/read-json.ts'
import { createDialler } from './dial.ts'
import { ipv6AddressOf } from './hosts.ts'
import { SESSION, SESSION_UNPOOLED } from './session.ts'
import { connectionOf } from './tls.ts'
import { DatabaseUnavailable } from './unavailable.ts'

export interface PoolOptions {
  /** A `postgres://` URL of one host. */
  url: string
  size: number
  prepare: boolean
  applicationName: string
  /** Whether each connection asks for its isolation, timeouts and plans as it is opened, which some poolers refuse. */
  startupParameters: boolean
  /** Whether a connection to a standby is none, whatever the URL says. */
  primaryOnly: boolean
  /** Called where one of its connections is of no use any more, and never will be. */
  onMute: () => void
}

export type ServiceSql = Sql<{ bigint: number; textArray: readonly string[] }>

/** Connections to one host, and the queue in front of them. */
export interface Pool {
  sql: ServiceSql
  admission: Admission
  /** Asks for nothing but an answer, past the queue. */
  ask: () => Promise<unknown>
}

/** How long a statement may wait for a connection: long enough for a burst, short enough for a phone. */
const ADMISSION_TIMEOUT_MS = 2_000
/** Callers that may wait at once, for each connection; past that, waiting is only a slower refusal. */
const WAITERS_PER_CONNECTION = 100
/** The server gives a statement up first, so that its locks are gone when the caller hears of it. */
const STATEMENT_TIMEOUT_MS = 4_000
/** Below the statement's: a lock that is not free by then belongs to something stuck. */
const LOCK_TIMEOUT_MS = 3_000
/** A handshake is a few round trips and a fork; one that takes longer is with a host that is not well. */
const CONNECT_TIMEOUT_SECONDS = 3
/** Constant, as nobody but the probe tries a database that is known to be away. */
const RECONNECT_AFTER_SECONDS = 0.1

/** What the driver knows, and its types do not. */
const untypedOptions = ({ url, size, onMute }: PoolOptions) => ({
  // One statement on a connection at a time: faster for short ones, and clear of what pipelining loses when a
  // connection dies.
  max_pipeline: 1,
  socket: createDialler({
    address: ipv6AddressOf(url),
    size,
    timeoutMs: CONNECT_TIMEOUT_SECONDS * 1000,
    onMute,
  }),
})

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

/** Opens nothing yet: the first statement does. */
export function createPool(options: PoolOptions): Pool {
  const { size } = options
  const { connectionString, primaryOnly, ...asRead } = connectionOf(options.url)
  const sql = postgres(connectionString, {
    ...asRead,
    max: size,
    ...untypedOptions(options),
    prepare: options.prepare,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    backoff: () => RECONNECT_AFTER_SECONDS,
    // A server of ours says by itself, with its greeting, whether it is a standby.
    ...((options.primaryOnly || primaryOnly) && { target_session_attrs: 'primary' as const }),
    // The driver asks for these on each new connection, and where that one is ended at this very moment, nobody
    // catches what the question comes to: the process would end.
    fetch_types: false,
    onnotice: () => {},
    types: {
      bigint: { to: 20, from: [20], serialize: String, parse: Number },
      textArray: TEXT_ARRAY,
      json: { to: 114, from: [114, 3802], serialize: JSON.stringify, parse: readJson },
    },
    connection: {
      application_name: options.applicationName,
      ...SESSION,
      ...(options.startupParameters && {
        ...SESSION_UNPOOLED,
        statement_timeout: STATEMENT_TIMEOUT_MS,
        lock_timeout: LOCK_TIMEOUT_MS,
        idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
        // One plan for each statement, made once a connection: every statement here finds its rows by a key, whoever
        // asks. A plan for one customer is a guess at where among everybody's theirs lie, made again at every call.
        plan_cache_mode: 'force_generic_plan',
      }),
    },
  })
  const admission = createAdmission({
    permits: size,
    waiters: size * WAITERS_PER_CONNECTION,
    timeoutMs: ADMISSION_TIMEOUT_MS,
    refuse: (why) => new DatabaseUnavailable(`no connection: ${why}`),
  })
  return { sql, admission, ask: async () => await sql`select 1` }
}
