import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { createProductStore } from '#src/products/store.ts'
import { startTcpProxy } from '../chaos/tcp-proxy.ts'
import { createDatabase } from '../support/postgres.ts'

const desk = { id: 'desk', name: 'Desk', description: '', price: 1, currency: 'USD', stock: 2 }
const lamp = { ...desk, id: 'lamp' }

/** A store whose network can lose a reply: what was asked is done, and the connection gone. */
async function openStore(t: TestContext) {
  const url = new URL(await createDatabase(t))
  const target = Number(url.port)
  const proxy = await startTcpProxy(t, () => target)
  url.port = String(proxy.port)
  const pool = createPool({ url: url.href, poolSize: 1 })
  t.after(() => pool.close())
  const store = createProductStore(pool, 'USD')
  // It is prepared then, and has one reply only.
  await store.putOver(null, lamp)
  return {
    store,
    async losingReply<T>(work: () => Promise<T>): Promise<T> {
      proxy.loseAnswers(1)
      const result = await work()
      assert.ok(proxy.lost())
      return result
    },
  }
}

test('a put over what was found is its own where its reply was lost, and made once', async (t) => {
  const { store, losingReply } = await openStore(t)
  const created = await losingReply(() => store.putOver(null, desk))
  assert.deepEqual([created?.created, created?.product.revision], [true, 1])
  const found = await store.find('desk')
  const replaced = await losingReply(() => store.putOver(found, { ...desk, stock: 3 }))
  assert.deepEqual([replaced?.created, replaced?.product.revision], [false, 2])
  const shown = await store.find('lamp')
  const same = await losingReply(() => store.putOver(shown, lamp))
  assert.equal(same?.product.revision, 1)
})

test('a put over what another has changed since is none, whatever was lost', async (t) => {
  const { store, losingReply } = await openStore(t)
  const { product: found } = await store.put(desk)
  await store.put({ ...desk, stock: 1 })
  assert.equal(await losingReply(() => store.putOver(found, { ...desk, stock: 9 })), null)
  assert.equal(await losingReply(() => store.putOver(null, { ...desk, stock: 9 })), null)
  assert.equal((await store.find('desk'))?.stock, 1)
})
