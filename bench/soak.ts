import { parseArgs } from 'node:util'
import { withBench } from './bench.ts'
import { startDatabaseServer } from './database.ts'
import { describeMachine, loadAverage } from './machine.ts'
import { isSound, soakReport } from './soak/report.ts'
import { runSoak } from './soak/soak.ts'

/** `npm run soak`: whether the service holds more and more; exit 1 when it does, or when anything went wrong. */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    clients: { type: 'string', default: '32' },
  },
})
const requests = Number(values.requests)
const clients = Number(values.clients)
if (!(Number.isInteger(requests) && requests >= 100 && Number.isInteger(clients) && clients > 0)) {
  console.error('--requests is a whole number from 100, --clients one from 1')
  process.exit(2)
}

await withBench({ seconds: 0, warmUpSeconds: 0, orders: 0, profileDirectory: undefined }, async (bench) => {
  const database = await startDatabaseServer(bench)
  const machine = await describeMachine(database.about)
  const result = await runSoak(bench, await database.fresh(bench), { requests, clients })
  console.log([...machine, `load average at the end ${loadAverage()}`].map((line) => `- ${line}`).join('\n'))
  console.log(`\n${soakReport(result)}`)
  process.exitCode = isSound(result) ? 0 : 1
})
