import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { freePort } from '../../sandbox/postgres/free-port.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { needsFullDevice, openFullDevice } from '../support/full-device.ts'
import { createDatabase } from '../support/postgres.ts'
import { spawnService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, isShed, place, stock, tokenOf } from '../support/shop.ts'

const START_MS = 120_000

test(
  'With no room for a single line of the log it starts, takes orders, and ends well',
  needsFullDevice(),
  async (t) => {
    const databaseUrl = await createDatabase(t)
    await stock(connect(t, databaseUrl), { desk: 10 })
    const [payment, warehouse] = [await startFakePayment(t), await startFakeWarehouse(t)]
    const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
    // It cannot say where it listens.
    const port = await freePort()
    const service = spawnService(openFullDevice(t), parts, { PORT: String(port) })
    const exit = once(service, 'exit')
    t.after(() => service.kill('SIGKILL'))

    const api = `http://127.0.0.1:${port}`
    await eventually(
      'readiness',
      () => {
        assert.equal(service.exitCode, null)
        return isReady(api)
      },
      START_MS,
    )
    const token = await tokenOf('ada')
    for (const key of ['order-1', 'order-2']) {
      const answer = await eventually('an order', async () => {
        const one = await place(api, basket('desk'), { key, token })
        return !(await isShed(one)) && one
      })
      assert.equal(answer.status, 201)
      const { id, status } = await bodyOf(answer)
      assert.deepEqual([status, payment.taken(id)], ['paid', 1])
    }
    service.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
  },
)

const isReady = (api: string): Promise<boolean> =>
  fetch(`${api}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
