import { parseArgs } from 'node:util'
import { withBench } from './bench.ts'
import { startDatabaseServer } from './database.ts'
import { describeMachine, loadAverage } from './machine.ts'
import { readOptions, wholeNumber } from './options.ts'
import { isSound, soakReport } from './soak/report.ts'
import { runSoak } from './soak/soak.ts'

const USAGE = `Usage: npm run soak -- [OPTIONS]

  --requests N  that are sent: 1000000
  --clients N   that send them: 32`

/** `npm run soak`: whether the service holds more and more; exit 1 when it does, or when anything went wrong. */
const plan = readOptions(USAGE, () => {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '1000000' },
      clients: { type: 'string', default: '32' },
    },
  })
  return {
    requests: wholeNumber('requests', values.requests, 100),
    clients: wholeNumber('clients', values.clients),
  }
})

await withBench({ seconds: 0, warmUpSeconds: 0, orders: 0, profileDirectory: undefined }, async (bench) => {
  const database = await startDatabaseServer(bench)
  const machine = await describeMachine(database.about)
  const result = await runSoak(bench, await database.fresh(bench), plan)
  console.log([...machine, `load average at the end ${loadAverage()}`].map((line) => `- ${line}`).join('\n'))
  console.log(`\n${soakReport(result)}`)
  process.exitCode = isSound(result) ? 0 : 1
})
