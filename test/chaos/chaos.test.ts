import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { report } from './report.ts'
import { runStorm } from './storm.ts'

test('A storm over processes, database and dependencies loses nothing and does nothing twice', async (t) => {
  const cleanUps: (() => Promise<void>)[] = []
  const lifetime = { after: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) }
  t.after(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  })
  const seed = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31))
  t.diagnostic(`CHAOS_SEED=${seed}`)
  const result = await runStorm(lifetime, {
    seed,
    rounds: 1,
    clients: 10,
    orders: 150,
    kills: 6,
    crashes: 1,
    terminations: 10,
    cuts: 4,
    services: 2,
    workers: 0,
    seconds: 7,
  })
  const said = await report(seed, result)
  t.diagnostic(said.split('\n')[0] ?? '')
  assert.deepEqual(result.violations, [], said)
})
