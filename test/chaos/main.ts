import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { report } from './report.ts'
import { runStorm } from './storm.ts'

/** `npm run chaos`: storms of a chosen length, and a verdict; exit 1 when anything was lost or happened twice. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '12' },
    /** In each round. */
    kills: { type: 'string', default: '12' },
    orders: { type: 'string', default: '300' },
  },
})
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const [rounds, clients, kills, orders] = [values.rounds, values.clients, values.kills, values.orders].map(
  Number,
)
if (![seed, rounds, clients, kills, orders].every(Number.isInteger)) {
  console.error('--seed, --rounds, --clients, --kills and --orders are whole numbers')
  process.exit(2)
}

const cleanUps: (() => Promise<void>)[] = []
const lifetime = { after: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) }
console.log(`seed ${seed}`)
try {
  const result = await runStorm(
    lifetime,
    {
      seed,
      rounds: rounds ?? 1,
      clients: clients ?? 1,
      orders: orders ?? 1,
      kills: kills ?? 0,
      crashes: Math.ceil((kills ?? 0) / 6),
      terminations: 2 * (kills ?? 0),
      cuts: kills ?? 0,
      services: 2,
      workers: 1,
      // A process takes a second to be there again, and should serve a while before it is killed.
      seconds: Math.max(5, 1.5 * (kills ?? 0)),
    },
    console.log,
  )
  console.log(await report(seed, result))
  process.exitCode = result.violations.length === 0 ? 0 : 1
} finally {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
}
