import type { Server } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { type Connections, trackConnections } from './connections.ts'
import { watchProcess } from './process-events.ts'
import { runSteps, type ShutdownStep } from './steps.ts'

export interface ShutdownOptions {
  /** Seconds to go on serving, unready, so that whoever routes traffic here has noticed. */
  readonly drainSeconds: number
  /** Seconds from the first word of it to the exit, draining included. */
  readonly shutdownSeconds: number
  readonly log: Pick<FastifyBaseLogger, 'fatal' | 'error' | 'warn' | 'info'>
  /** What is closed once the last request is answered, in this order. */
  readonly steps: readonly ShutdownStep[]
  /** Ends the process. Default `process.exit`; one that does nothing leaves the end to whoever awaits `closed`. */
  readonly exit?: (code: number) => void
}

export type Shutdown = ReturnType<typeof createShutdown>

/** npm, a shell and an init deliver one Ctrl-C up to three times; a person who insists takes longer than this. */
const ONE_SIGNAL_MS = 1_000
/**
 * Share of what is left after draining, after which what is under way is cut short: most of it, for whatever ends by itself
 * ends better; and early enough that what is cut short can still be written down, answered and closed. Of the usual
 * twenty seconds it is twelve: more than anything takes that has a deadline of ten.
 */
const UNHURRIED = 0.6
/** Share of what is left after draining, after which a step that hangs no longer holds up the ones behind it. */
const PATIENCE = 0.8

/**
 * The end of a process: unready at once, drain, stop accepting, finish what is in flight, close the steps in order, exit.
 * All of them share one budget, in which the steps are hurried at the same moment: what the first ones take, the last
 * ones need not wait for again, and none has to guess how long it may be patient.
 * The code is 0, or 1 when something hung or failed, or the reason was a fault.
 */
export function createShutdown(options: ShutdownOptions) {
  const { log, exit = (code) => process.exit(code) } = options
  const begun = new AbortController()
  const closed = Promise.withResolvers<number>()
  const connections = new Set<Connections>()
  const faults = { uncaughtException: 0, unhandledRejection: 0 }
  const faulty = new AbortController()
  let beganAt = 0
  let exitCode = 0
  let ended = false
  let unwatch = () => {}

  const http: ShutdownStep = {
    name: 'http requests',
    close: async () => {
      await Promise.all([...connections].map((each) => each.finish()))
    },
    hurry: () => {
      for (const each of connections) each.hurry()
    },
    describe: () => [...connections].flatMap((each) => each.busy()),
  }
  const steps = runSteps([http, ...options.steps], log)

  function end(code: number): void {
    if (ended) return
    ended = true
    for (const each of connections) each.destroy()
    unwatch()
    closed.resolve(code)
    exit(code)
  }

  async function run(drainMs: number): Promise<void> {
    const limitMs = options.shutdownSeconds * 1_000
    const deadline = setTimeout(() => {
      log.fatal({ hung: steps.unfinished() }, 'shutdown took too long')
      end(1)
    }, limitMs)
    // One that was already waited for when a fault came is cut short by it.
    await wait(Math.min(drainMs, limitMs), undefined, { signal: faulty.signal }).catch(() => {})
    await Promise.all([...connections].map((each) => each.stopListening()))
    log.info('no longer accepting connections')
    const now = performance.now()
    const left = beganAt + limitMs - now
    const shortOfTime = setTimeout(() => {
      log.warn({ unfinished: steps.unfinished() }, 'time grows short, ending what is under way')
      steps.hurry()
    }, left * UNHURRIED)
    const sound = await steps.run(now + left * PATIENCE)
    clearTimeout(shortOfTime)
    clearTimeout(deadline)
    if (!sound) exitCode = 1
    log.info({ exitCode, milliseconds: Math.round(performance.now() - beganAt) }, 'shut down')
    end(exitCode)
  }

  function begin(reason: string, drainSeconds: number): Promise<number> {
    if (begun.signal.aborted) return closed.promise
    beganAt = performance.now()
    begun.abort(reason)
    log.info({ reason }, 'shutting down')
    for (const each of connections) each.endKeepAlive()
    // Nobody sends traffic to what does not listen yet.
    const listening = [...connections].some((each) => each.isListening())
    void run(listening ? drainSeconds * 1_000 : 0)
    return closed.promise
  }

  return {
    /** Resolves to the exit code when everything is closed; never rejects. */
    closed: closed.promise,
    /** Aborted when it begins. What streams without end, ends on it. */
    signal: begun.signal,
    isShuttingDown: () => begun.signal.aborted,
    /** Exceptions and rejections that nobody caught, for the metrics. */
    faults: () => ({ ...faults }),

    /** Does what a signal does. Resolves to the exit code. */
    close: (reason: string): Promise<number> => begin(reason, options.drainSeconds),

    /** Ends what never came to serve: nobody is waited for, and the exit code is 1. */
    fail(reason: string): Promise<number> {
      exitCode = 1
      return begin(reason, 0)
    },

    /** Counts a server's connections among those that are finished before the steps. Before it listens. */
    track(server: Server): Pick<Connections, 'inFlight'> {
      const tracked = trackConnections(server)
      connections.add(tracked)
      server.once('close', () => connections.delete(tracked))
      return tracked
    },

    /** Obeys signals, and ends the process on a fault, until it is closed. */
    watch(): void {
      unwatch = watchProcess({
        onSignal(signal) {
          if (!begun.signal.aborted) void begin(signal, options.drainSeconds)
          else if (performance.now() - beganAt > ONE_SIGNAL_MS) {
            log.warn({ signal, unfinished: steps.unfinished() }, 'told twice, so ending at once')
            end(1)
          }
        },
        onFault(kind, error) {
          faults[kind] += 1
          exitCode = 1
          log.fatal({ err: error }, kind)
          faulty.abort()
          void begin(kind, 0)
        },
        onWarning: (warning) => log.warn({ err: warning }, 'warning of the runtime'),
      })
    },
  }
}
