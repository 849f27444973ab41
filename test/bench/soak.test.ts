import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withBench } from '../../bench/bench.ts'
import { fillShop } from '../../bench/database.ts'
import type { Sample } from '../../bench/soak/sample.ts'
import { runSoak } from '../../bench/soak/soak.ts'
import { judge, tenthsOf } from '../../bench/soak/verdict.ts'
import { createDatabase } from '../support/postgres.ts'

describe('the soak', () => {
  test('A thousand requests come to the answers they should have, and are looked at in every tenth', async (t) => {
    const databaseUrl = await createDatabase(t)
    await fillShop(databaseUrl)
    const options = { seconds: 0, warmUpSeconds: 0, orders: 0, profileDirectory: undefined }
    const { progress, tenths } = await withBench(options, (bench) =>
      runSoak(bench, databaseUrl, { requests: 1_000, clients: 4 }),
    )
    assert.deepEqual(progress.unexpected, {})
    assert.ok(progress.requests >= 1_000)
    for (const tenth of tenths) {
      assert.ok(Object.values(tenth).every(Number.isFinite), JSON.stringify(tenths))
      assert.ok(tenth.files > tenth.sockets && tenth.sockets >= 2 && tenth.heapBytes > 2 ** 20)
    }
  })

  const held = { rssBytes: 2e8, heapBytes: 6e7, files: 70, sockets: 50, connections: 12 }
  const soak = (of: (share: number) => Partial<Sample>) =>
    Array.from({ length: 500 }, (_, index) => ({
      ...held,
      requests: index * 2_000,
      at: index * 1_000,
      ...of(index / 500),
    }))
  const grown = (samples: Sample[], requests = 1_000_000) =>
    judge(tenthsOf(samples, requests), requests).flatMap(({ what, grew }) => (grew ? what : []))

  test('What goes up and down stays flat', () => {
    const sawtooth = soak((share) => ({
      heapBytes: held.heapBytes + 4e7 * ((share * 37) % 1),
      sockets: held.sockets + Math.round(5 * Math.sin(share * 40)),
    }))
    assert.deepEqual(grown(sawtooth), [])
  })

  test('A leak of fifty bytes a request under the garbage is found', () => {
    const leaking = soak((share) => ({
      heapBytes: held.heapBytes + 4e7 * ((share * 37) % 1) + 50 * share * 1_000_000,
    }))
    assert.deepEqual(grown(leaking), ['heap'])
  })

  test('One descriptor lost in ten thousand requests is found', () => {
    const losing = soak((share) => ({
      files: held.files + Math.floor(share * 100),
      sockets: held.sockets + Math.floor(share * 100),
    }))
    assert.deepEqual(grown(losing), ['file descriptors', 'sockets'])
  })

  test('Of few requests nothing is concluded about memory', () => {
    const young = soak((share) => ({ requests: share * 10_000, rssBytes: held.rssBytes * (1 + share) }))
    assert.deepEqual(grown(young, 10_000), [])
  })
})
