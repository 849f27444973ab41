import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createIdempotencyKeys, nameOfOrder } from '../../../clients/typescript/src/idempotency-keys.ts'
import { keysInStorage } from '../../../clients/typescript/src/key-store.ts'

/** What a browser's Storage does, and no more of it than is used. */
function storage() {
  const kept = new Map<string, string>()
  let names: string[] = []
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => {
      names = [...kept.set(name, value).keys()]
    },
    removeItem: (name: string) => {
      kept.delete(name)
      names = [...kept.keys()]
    },
    key: (index: number) => names[index] ?? null,
    get length() {
      return kept.size
    },
  }
}

describe('Idempotency keys of the client', () => {
  test('One order has one name, however its members are sorted, and no token stands in it', () => {
    const order = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_secret' }
    const same = { paymentToken: 'pm_secret', items: [{ quantity: 1, productId: 'desk' }] }
    assert.equal(nameOfOrder(2, order), nameOfOrder(2, same))
    assert.doesNotMatch(nameOfOrder(2, order), /secret/)
    const others = [
      nameOfOrder(1, order),
      nameOfOrder(2, { ...order, paymentToken: 'pm_secres' }),
      nameOfOrder(2, { ...order, items: [{ productId: 'desk', quantity: 2 }] }),
      nameOfOrder(2, { ...order, items: [...order.items, ...order.items] }),
    ]
    assert.equal(new Set([nameOfOrder(2, order), ...others]).size, 5)
  })

  test('A hundred thousand orders have as many names', () => {
    const names = Array.from({ length: 100_000 }, (_, quantity) => nameOfOrder(2, { quantity }))
    assert.equal(new Set(names).size, names.length)
  })

  test('Two clicks at once find one key, also in a store that takes its time', async () => {
    const web = storage()
    const slow = {
      get: async (name: string) => turn(web.getItem(name)),
      set: async (name: string, value: string) => web.setItem(name, await turn(value)),
      delete: async (name: string) => web.removeItem(await turn(name)),
    }
    const keys = createIdempotencyKeys(slow)
    const [one, other] = await Promise.all([keys.keyOf('order'), keys.keyOf('order')])
    assert.equal(one, other)
    assert.equal(web.kept.size, 1)
  })

  test('A key survives a reload, and is forgotten with the end of its order only', async () => {
    const web = storage()
    const key = await createIdempotencyKeys(keysInStorage(web)).keyOf('order')
    const reloaded = createIdempotencyKeys(keysInStorage(web))
    assert.equal(await reloaded.keyOf('order'), key)
    await reloaded.forget('order', 'another key')
    assert.equal(await reloaded.keyOf('order'), key)
    await reloaded.forget('order', key)
    assert.equal(web.kept.size, 0)
    assert.notEqual(await reloaded.keyOf('order'), key)
  })

  test('A key is used until its order has had its end, whatever the clock says meanwhile', async (t) => {
    const web = storage()
    t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-01-01') })
    const key = await createIdempotencyKeys(keysInStorage(web)).keyOf('order')
    for (const now of ['2036-01-01', '2016-01-01']) {
      t.mock.timers.setTime(Date.parse(now))
      assert.equal(await createIdempotencyKeys(keysInStorage(web)).keyOf('order'), key)
    }
  })

  test('A storage keeps the last thousand keys of orders without an end, and what is not its own', async () => {
    const web = storage()
    web.setItem('theme', 'dark')
    const [mine, hers] = [keysInStorage(web, 'me:'), keysInStorage(web, 'her:')]
    await hers.set('order', 'her key')
    for (let index = 0; index <= 1_000; index++) await mine.set(`order-${index}`, `key-${index}`)
    assert.equal(web.kept.size, 1_002)
    const found = ['order-0', 'order-1', 'order-1000'].map((name) => mine.get(name) ?? undefined)
    assert.deepEqual(found, [undefined, 'key-1', 'key-1000'])
    await mine.delete('order-7')
    await mine.set('order-0', 'another')
    assert.equal(mine.get('order-1'), 'key-1', 'there was room')
    assert.equal(hers.get('order'), 'her key')
    assert.equal(web.getItem('theme'), 'dark')
  })
})
