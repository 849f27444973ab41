import { SIGNALS } from './process-events.ts'

/**
 * Ends the process with 0 on a signal that comes before there is anything to close. Without it process 1, as in a
 * container, does not hear that signal at all, and any other process dies of it.
 *
 * @returns what takes it back; call it once a shutdown watches, and not before, so that no signal falls between the two
 */
export function endOnSignal(): () => void {
  const end = (reason: NodeJS.Signals) => {
    // In the form of the log, which is not loaded yet.
    console.log(
      JSON.stringify({
        level: 'info',
        time: new Date().toISOString(),
        pid: process.pid,
        reason,
        msg: 'told to end before it listened',
      }),
    )
    process.exit(0)
  }
  for (const signal of SIGNALS) process.on(signal, end)
  return () => {
    for (const signal of SIGNALS) process.off(signal, end)
  }
}
