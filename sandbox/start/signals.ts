import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

interface Service {
  close(reason: string): Promise<unknown>
}

/**
 * Who obeys a signal: before the service is up, and again once it has closed, a signal ends the process here,
 * through its exit hooks, which stop the database. In between the service drains by itself, and only the
 * closing of the terminal is passed on to it.
 */
export function watchSignals() {
  let service: Service | undefined
  let first: number | undefined

  const heed = (signal: (typeof SIGNALS)[number]) => {
    const again = first !== undefined
    first ??= performance.now()
    if (service !== undefined) {
      if (signal === 'SIGHUP') void service.close('the terminal was closed')
      return
    }
    // npm passes on the Ctrl-C that the terminal has already sent to everybody: that is one signal, not two.
    if (again && performance.now() - first < 1_000) return
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of SIGNALS) process.on(signal, heed)

  return {
    leaveTo(running: Service): void {
      service = running
    },
    take(): void {
      service = undefined
    },
  }
}
