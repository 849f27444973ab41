import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { startFakePayment } from '../support/fake-dependencies.ts'
import { createDatabase } from '../support/postgres.ts'
import { PATIENT_WITH_WAREHOUSE, startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf, V2 } from '../support/shop.ts'

test('A reservation that comes after its release is released, also when that fails at first', async (t) => {
  const late = Promise.withResolvers<void>()
  const reservations = new Set<string>()
  let [puts, deletes] = [0, 0]
  const warehouse = createServer(async (request, response) => {
    const id = request.url?.split('/').at(-1) ?? ''
    request.resume()
    if (request.method === 'DELETE') {
      // The first is the cancellation's own; the second one, after the reservation, goes wrong.
      deletes++
      const fails = deletes > 1 && deletes < 5
      if (!fails) reservations.delete(id)
      return void response.writeHead(fails ? 500 : 200).end()
    }
    puts++
    // The request's own tries fail, so that the reservation becomes a job; the job's is slow.
    if (puts <= 2) return void response.writeHead(500).end()
    await late.promise
    reservations.add(id)
    response.writeHead(200).end()
  }).listen(0, '127.0.0.1')
  await once(warehouse, 'listening')
  t.after(() => {
    late.resolve()
    warehouse.closeAllConnections()
    warehouse.close()
  })
  const address = warehouse.address()
  assert.ok(address !== null && typeof address === 'object')

  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  await stock(sql, { desk: 10 })
  const payment = await startFakePayment(t)
  const inventoryUrl = `http://127.0.0.1:${address.port}`
  const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl }
  const api = await startService(t, parts, { ...PATIENT_WITH_WAREHOUSE, ROLE: 'api' })
  const token = await tokenOf('somebody')
  const { id } = await bodyOf(await place(api.api, basket('desk'), { key: 'late', token }))
  await startService(t, parts, { ...PATIENT_WITH_WAREHOUSE, ROLE: 'worker' })
  await eventually('the job to ask', () => puts > 2)

  const headers = { authorization: `Bearer ${token}`, accept: V2 }
  assert.equal((await fetch(`${api.api}/orders/${id}/cancel`, { method: 'POST', headers })).status, 200)
  await eventually('the release', () => deletes > 0)
  late.resolve()
  await eventually('the job to end', async () => {
    // As if the time until its next attempt had passed.
    await sql`update pgboss.job set start_after = now() where name = 'reserve-stock' and state = 'retry'`
    const [job] = await sql`select state from pgboss.job where name = 'reserve-stock'`
    return job?.state === 'completed'
  })
  assert.deepEqual([...reservations], [])
})
