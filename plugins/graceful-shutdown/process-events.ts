import { inspect } from 'node:util'

export const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

export interface ProcessEvents {
  /** Asked to end: by an orchestrator, the keyboard, or the terminal that was closed. */
  onSignal(signal: NodeJS.Signals): void
  /** The state of the process is unknown from here on. */
  onFault(kind: 'uncaughtException' | 'unhandledRejection', error: Error): void
  onWarning(warning: Error): void
}

/** Hears what happens to the process, until the function that it returns is called. */
export function watchProcess({ onSignal, onFault, onWarning }: ProcessEvents): () => void {
  const uncaught = (error: unknown) => onFault('uncaughtException', errorOf(error))
  const unhandled = (reason: unknown) => onFault('unhandledRejection', errorOf(reason))

  for (const signal of SIGNALS) process.on(signal, onSignal)
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', unhandled)
  process.on('warning', onWarning)

  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    process.off('uncaughtException', uncaught)
    process.off('unhandledRejection', unhandled)
    process.off('warning', onWarning)
  }
}

/** Anything can be thrown; the log wants something with a stack. */
function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`Not an error was thrown: ${inspect(thrown)}`)
}
