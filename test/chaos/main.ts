import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { readOptions, wholeNumber } from '../../bench/options.ts'
import { report } from './report.ts'
import { runStorm } from './storm.ts'

const USAGE = `Usage: npm run chaos -- [OPTIONS]

  --seed N     of all that is random; by default another each time, and printed
  --rounds N   storms, one after the other: 3
  --clients N  that order at the same time: 12
  --kills N    of a process, in each round: 12
  --orders N   in each round: 300`

/** `npm run chaos`: storms of a chosen length, and a verdict; exit 1 when anything was lost or happened twice. */
const { seed, rounds, clients, kills, orders } = readOptions(USAGE, () => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      rounds: { type: 'string', default: '3' },
      clients: { type: 'string', default: '12' },
      kills: { type: 'string', default: '12' },
      orders: { type: 'string', default: '300' },
    },
  })
  return {
    seed: wholeNumber('seed', values.seed, 0),
    rounds: wholeNumber('rounds', values.rounds),
    clients: wholeNumber('clients', values.clients),
    kills: wholeNumber('kills', values.kills, 0),
    orders: wholeNumber('orders', values.orders),
  }
})

const cleanUps: (() => Promise<void>)[] = []
const lifetime = { after: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) }
console.log(`seed ${seed}`)
try {
  const result = await runStorm(
    lifetime,
    {
      seed,
      rounds,
      clients,
      orders,
      kills,
      crashes: Math.ceil(kills / 6),
      terminations: 2 * kills,
      cuts: kills,
      services: 2,
      workers: 1,
      // A process takes a second to be there again, and should serve a while before it is killed.
      seconds: Math.max(5, 1.5 * kills),
    },
    console.log,
  )
  console.log(await report(seed, result))
  process.exitCode = result.violations.length === 0 ? 0 : 1
} finally {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
}
