import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { withBench, withScope } from './bench.ts'
import { hold, type Result } from './contest.ts'
import { startDatabaseServer } from './database.ts'
import { describeMachine, loadAverage } from './machine.ts'
import { readOptions, wholeNumber } from './options.ts'
import { tableOf } from './report.ts'
import { rowsOn } from './rows.ts'

const USAGE = `Usage: npm run bench -- [OPTIONS]

  --only NAME    one row, by its name in docs/performance.md; then results.md stays as it is
  --rounds N     of each contest, ours and the peer's in turn: 5
  --seconds N    a round is measured: 5
  --warm-up N    seconds before it: 3
  --orders N     of the grown shop; a million take about a minute to make: 1000000
  --profile DIR  for processor profiles of the service`

/** `npm run bench`: every row, or the one that `-- --only NAME` names; written to results.md when all were held. */
const { only, rounds, ...settings } = readOptions(USAGE, () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      'warm-up': { type: 'string', default: '3' },
      orders: { type: 'string', default: '1000000' },
      profile: { type: 'string' },
    },
  })
  return {
    only: values.only,
    rounds: wholeNumber('rounds', values.rounds),
    seconds: wholeNumber('seconds', values.seconds),
    warmUpSeconds: wholeNumber('warm-up', values['warm-up']),
    orders: wholeNumber('orders', values.orders),
    profileDirectory: values.profile,
  }
})
const RESULTS = fileURLToPath(new URL('results.md', import.meta.url))

await withBench(settings, (bench) =>
  withScope(bench, async (scope) => {
    const database = await startDatabaseServer(scope)
    const rows = rowsOn(database)
    const chosen = rows.filter(({ name }) => only === undefined || name === only)
    if (chosen.length === 0) {
      console.error(`--only is one of ${[...new Set(rows.map(({ name }) => name))].join(', ')}.\n\n${USAGE}`)
      process.exitCode = 2
      return
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
    if (only === undefined) await writeFile(RESULTS, `${page}\n`)
  }),
)
