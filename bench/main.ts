import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { withBench, withScope } from './bench.ts'
import { hold, type Result } from './contest.ts'
import { startDatabaseServer } from './database.ts'
import { describeMachine, loadAverage } from './machine.ts'
import { tableOf } from './report.ts'
import { rowsOn } from './rows.ts'

/** `npm run bench`: every row, or the one that `-- --only NAME` names; written to results.md when all were held. */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '3' },
    /** Of the grown shop. A million take about a minute to make, ten million ten. */
    orders: { type: 'string', default: '1000000' },
    /** A directory for processor profiles of the service. */
    profile: { type: 'string' },
  },
})
const RESULTS = fileURLToPath(new URL('results.md', import.meta.url))

const settings = {
  seconds: positive('seconds'),
  warmUpSeconds: positive('warm-up'),
  orders: positive('orders'),
  profileDirectory: options.profile,
}
const rounds = positive('rounds')

await withBench(settings, (bench) =>
  withScope(bench, async (scope) => {
    const database = await startDatabaseServer(scope)
    const rows = rowsOn(database)
    const chosen = rows.filter(({ name }) => options.only === undefined || name === options.only)
    if (chosen.length === 0) {
      throw new Error(`--only must be one of ${[...new Set(rows.map(({ name }) => name))].join(', ')}`)
    }
    const machine = await describeMachine(database.about)
    const results: Result[] = []
    const skipped: string[] = []
    for (const { name, prepare } of chosen) {
      await withScope(scope, async (rowScope) => {
        const prepared = await prepare(rowScope)
        if (typeof prepared === 'string') return void skipped.push(`${name}: ${prepared}`)
        for (const contest of [prepared].flat()) {
          console.error(contest.title)
          results.push(
            await hold(contest, rounds, (who, { perSecond }) =>
              console.error(`  ${who}: ${perSecond.toFixed(0)} a second`),
            ),
          )
        }
      })
    }

    const about = [
      ...machine,
      `load average at the end ${loadAverage()}`,
      `medians of ${rounds} rounds, ours and the peer's in turn, ${settings.seconds} s each after ${settings.warmUpSeconds} s of warm-up`,
    ]
    const page = [
      '# Measured by `npm run bench`',
      about.map((line) => `- ${line}`).join('\n'),
      "Where a cell has two figures, the first is ours. A ratio is ours by the peer's, of runs beside each other: of answers a second, or of time where `≤` is to be reached.",
      tableOf(results),
      ...skipped,
    ].join('\n\n')
    console.log(page)
    // One row alone says too little of the rest to replace it.
    if (options.only === undefined) await writeFile(RESULTS, `${page}\n`)
  }),
)

function positive(name: 'rounds' | 'seconds' | 'warm-up' | 'orders'): number {
  const value = Number(options[name])
  if (!(Number.isInteger(value) && value > 0)) throw new Error(`--${name} must be a whole number above zero`)
  return value
}
