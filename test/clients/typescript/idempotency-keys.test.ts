import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  createIdempotencyKeys,
  keysInStorage,
  nameOfOrder,
} from '../../../clients/typescript/src/idempotency-keys.ts'

/** What a browser's Storage does, and no more of it than is used. */
function storage() {
  const kept = new Map<string, string>()
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
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
    const { kept, ...web } = storage()
    const slow = {
      get: async (name: string) => turn(web.getItem(name)),
      set: async (name: string, value: string) => web.setItem(name, await turn(value)),
      delete: async (name: string) => web.removeItem(await turn(name)),
    }
    const keys = createIdempotencyKeys(slow)
    const [one, other] = await Promise.all([keys.keyOf('order'), keys.keyOf('order')])
    assert.equal(one, other)
    assert.equal(kept.size, 1)
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

  test('A key that the service has forgotten by now is not used again', async () => {
    const web = storage()
    const keys = keysInStorage(web)
    await keys.set('order', `${Date.now() - 25 * 60 * 60 * 1_000} old`)
    assert.notEqual(await createIdempotencyKeys(keys).keyOf('order'), 'old')
  })
})
