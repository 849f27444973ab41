import type { Lifetime } from '../support/postgres.ts'
import { type ServiceParts, type ServiceProcess, startService } from '../support/service.ts'
import type { Journal } from './journal.ts'

export type Fleet = ReturnType<typeof createFleet>

export type Role = 'all' | 'worker'

interface Berth {
  role: Role
  service: ServiceProcess | undefined
  starting: Promise<void>
}

/** The processes of the service. One that is killed is replaced at once; one that ends by itself is told on. */
export function createFleet(lifetime: Lifetime, parts: ServiceParts, roles: Role[], journal: Journal) {
  const endedByThemselves: string[] = []
  const cleanUps: (() => Promise<void>)[] = []
  let closing = false
  lifetime.after(async () => {
    closing = true
    await Promise.all(cleanUps.map((cleanUp) => cleanUp()))
  })
  const pastLogs: ServiceProcess['logs'][] = []
  const berths: Berth[] = roles.map((role) => ({ role, service: undefined, starting: Promise.resolve() }))

  async function start(berth: Berth, name: string): Promise<void> {
    // Short, so that leases are lost to others all the time, by the living as well.
    const env = { ROLE: berth.role, ORDER_LEASE_SECONDS: '2' }
    const service = await startService({ after: (cleanUp) => void cleanUps.push(cleanUp) }, parts, env).catch(
      (error: unknown) => {
        endedByThemselves.push(`${name}: ${error}`)
      },
    )
    if (service === undefined) return
    pastLogs.push(service.logs)
    berth.service = service
    journal.note(`${name} (${berth.role}) runs as ${service.process.pid}`)
    service.process.once('exit', (code, signal) => {
      if (berth.service !== service || closing) return
      endedByThemselves.push(`${name} ended by itself (${code ?? signal}): ${lastWords(service.logs)}`)
      berth.service = undefined
      berth.starting = start(berth, name)
    })
  }

  return {
    /** Those that ended, and those that were about to when they were killed. */
    dying: () => [
      ...endedByThemselves,
      ...pastLogs
        .flat()
        .filter(({ level }) => level === 'fatal')
        .map((line) => `a process was about to end: ${JSON.stringify(line)}`),
    ],

    start: () => Promise.all(berths.map((berth, index) => start(berth, `service ${index}`))),

    /** The API addresses of the processes that run. */
    addresses: () => berths.flatMap(({ service }) => service?.api || []),

    /** `kill -9`, and another is started. Aimed at one that is just starting, it hits the next. */
    async kill(aim: number): Promise<boolean> {
      const order = berths.map((_, offset) => (aim + offset) % berths.length)
      const index = order.find((one) => berths[one]?.service !== undefined)
      const berth = index === undefined ? undefined : berths[index]
      if (berth?.service === undefined) return false
      const victim = berth.service
      berth.service = undefined
      journal.note(`service ${index} is killed, ${victim.process.pid}`)
      await victim.kill()
      berth.starting = start(berth, `service ${index}`)
      return true
    },

    /** Waits until everybody who was killed is replaced. */
    whole: () => Promise.all(berths.map(({ starting }) => starting)),

    /** What was logged as an error, and how often: not a verdict, but where to look. */
    errors(): Map<string, number> {
      const counts = new Map<string, number>()
      for (const { level, msg, err, reason } of pastLogs.flat()) {
        if (level !== 'error' && level !== 'fatal') continue
        const what = `${msg}: ${reason ?? ''} ${inWords(err)}`
        counts.set(what, (counts.get(what) ?? 0) + 1)
      }
      return counts
    },
  }
}

/** What was wrong, and the last lines; a process that means to end logs why at `error` at least. */
function lastWords(logs: ServiceProcess['logs']): string {
  const wrong = logs.filter(({ level }) => level === 'error' || level === 'fatal')
  return [...wrong.slice(-3), ...logs.slice(-2)].map((line) => JSON.stringify(line)).join('\n    ')
}

/** An error as it was logged, and what caused it, to the bottom. */
function inWords(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return ''
  const code = 'code' in error ? ` (${error.code})` : ''
  return `${error.message}${code}${'cause' in error ? `, because ${inWords(error.cause)}` : ''}`
}
