import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { type Sandbox, startSandbox } from '../../sandbox/server.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createDatabase } from '../support/postgres.ts'
import { startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf, V2 } from '../support/shop.ts'

suite('Work that nobody waits for', { concurrency: 2 }, () => {
  test('A paid order is confirmed by one mail to its customer', async (t) => {
    const { api, sandbox } = await start(t)
    const answer = await place(api, basket('desk', 2), { key: 'mail', token: await tokenOf('ada') })
    const { id } = await bodyOf(answer)
    const mail = await eventually('the mail', async () => (await mailbox(sandbox))[0])
    assert.deepEqual(mail.to, ['ada@shop.test'])
    assert.equal(mail.subject, `Your order ${id}`)
    assert.match(mail.text, /2 × The desk: \$20\.00/)
    assert.match(mail.messageId, new RegExp(`order-paid\\.${id}@`))
  })

  test('Without a known address no mail is sent, and nothing is left in the queue', async (t) => {
    const { api, sql, sandbox } = await start(t)
    const token = await tokenOf('nobody', { email: undefined })
    assert.equal((await place(api, basket('desk'), { key: 'mail', token })).status, 201)
    await eventually('the job to be done', async () => {
      const [job] = await sql`select state from pgboss.job where name = 'send-mail'`
      return job?.state === 'completed'
    })
    assert.deepEqual(await mailbox(sandbox), [])
  })

  test('Mail goes to the address of the moment the order was paid, whatever is known later', async (t) => {
    const { api, parts, sql, sandbox, token } = await start(t, { ROLE: 'api' })
    const unknown = await tokenOf('nobody', { email: undefined })
    for (const [key, customer] of Object.entries({ moved: token, late: unknown })) {
      assert.equal((await place(api, basket('desk'), { key, token: customer })).status, 201)
      assert.equal((await setAddress(api, customer, `${key}@elsewhere.test`)).status, 200)
    }
    const worker = await startService(t, parts, { ROLE: 'worker' })
    await eventually('both jobs to be done', async () => {
      const jobs = await sql`select from pgboss.job where name = 'send-mail' and state = 'completed'`
      return jobs.length === 2
    })
    const mails: { to: string[] }[] = await mailbox(sandbox)
    assert.deepEqual(
      mails.map(({ to }) => to),
      [['ada@shop.test']],
    )
    await eventually('the log to say so', () =>
      worker.logs.some(({ msg }) => msg === 'no mail: no address of the customer was known'),
    )
    assert.doesNotMatch(JSON.stringify(worker.logs), /@shop\.test|@elsewhere\.test/)
  })

  test('A mail of a kind that there is none of is sent to nobody, and is a dead letter at once', async (t) => {
    const { api, parts, sql, sandbox, token } = await start(t, { ROLE: 'api' })
    const kinds = ['order-lost', 'constructor', '', 7, undefined]
    for (const [index, mail] of kinds.entries()) {
      assert.equal((await place(api, basket('desk'), { key: `${index}`, token })).status, 201)
      await sql`
        update pgboss.job set data = data - 'mail' || ${JSON.stringify({ mail })}::text::jsonb, priority = 1
        where name = 'send-mail' and priority = 0`
    }
    await startService(t, parts, { ROLE: 'worker' })
    const reasons = await eventually('the dead letters', async () => {
      const dead =
        await sql`select source_output ->> 'reason' as reason from pgboss.job where name = 'send-mail-dead'`
      return dead.length === kinds.length && dead.map(({ reason }) => reason)
    })
    for (const reason of reasons) assert.equal(reason, 'the job does not say which mail it is about')
    assert.deepEqual(await mailbox(sandbox), [])
  })

  test('An order whose charge cannot be made now is payment_pending, and paid when the service is back', async (t) => {
    const { api, sandbox, read, token } = await start(t)
    await fault(sandbox, 'payment', 'error')
    const answer = await place(api, basket('desk'), { key: 'later', token })
    const order = await bodyOf(answer)
    assert.equal(answer.status, 201)
    assert.equal(order.status, 'payment_pending')
    assert.equal(order.payment.status, 'pending')

    await fault(sandbox, 'payment', 'none')
    await eventually('the charge', async () => (await read(order.id)).status === 'paid')
    const { charges } = await ledger(sandbox)
    const own = charges.filter((charge) => charge.orderId === order.id)
    assert.equal(own.length, 1)
    assert.equal(own[0]?.key, `order:${order.id}:charge`)
    const replay = await place(api, basket('desk'), { key: 'later', token })
    assert.deepEqual(await bodyOf(replay), order, 'the first answer is the answer')
    await eventually('the mail', async () => (await mailbox(sandbox)).length === 1)
  })

  test('A charge whose answer was lost is asked again by its key, and made once', async (t) => {
    const { api, sandbox, read, token } = await start(t)
    await fault(sandbox, 'payment', 'lost-response')
    const order = await bodyOf(await place(api, basket('desk'), { key: 'lost', token }))
    assert.equal(order.status, 'payment_pending')
    await fault(sandbox, 'payment', 'none')
    await eventually('the charge', async () => (await read(order.id)).status === 'paid')
    assert.equal((await ledger(sandbox)).charges.filter(({ orderId }) => orderId === order.id).length, 1)
  })

  test('A queued charge that is declined gives the stock back, and says so by mail', async (t) => {
    const { api, sql, sandbox, read, token } = await start(t)
    await fault(sandbox, 'payment', 'error')
    const body = { ...basket('desk', 4), paymentToken: 'pm_card_visa_chargeDeclined' }
    const order = await bodyOf(await place(api, body, { key: 'declined', token }))
    assert.equal(order.status, 'payment_pending')
    await fault(sandbox, 'payment', 'none')

    await eventually('the decline', async () => (await read(order.id)).status === 'payment_failed')
    assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 10 }])
    const mail = await eventually('the mail', async () => (await mailbox(sandbox))[0])
    assert.match(mail.subject, /could not be paid/)
    await eventually(
      'the warehouse to be told',
      async () => (await ledger(sandbox)).reservations.length === 0,
    )
  })

  test('A warehouse that is away delays no order, and is told later', async (t) => {
    const { api, sandbox, token } = await start(t)
    await fault(sandbox, 'inventory', 'error')
    const order = await bodyOf(await place(api, basket('desk'), { key: 'warehouse', token }))
    assert.equal(order.status, 'paid')
    await fault(sandbox, 'inventory', 'none')
    await eventually('the reservation', async () =>
      (await ledger(sandbox)).reservations.some(({ orderId }) => orderId === order.id),
    )
  })

  test('A charge that is our own mistake is a dead letter at once, and the order waits for a person', async (t) => {
    const databaseUrl = await createDatabase(t)
    const sql = connect(t, databaseUrl)
    const payment = await startFakePayment(t, { status: () => 400 })
    const warehouse = await startFakeWarehouse(t)
    const service = await startService(t, {
      databaseUrl,
      paymentUrl: payment.url,
      inventoryUrl: warehouse.url,
    })
    await stock(sql, { desk: 10 })
    const answer = await place(service.api, basket('desk'), { key: 'mistake', token: await tokenOf('ada') })
    assert.equal((await bodyOf(answer)).status, 'payment_pending')

    await eventually('the dead letter', async () => {
      const dead = await sql`select from pgboss.job where name = 'charge-order-dead' and state = 'created'`
      return dead.length === 1
    })
    await eventually('the alert', () =>
      service.logs.some(({ level, msg }) => level === 'error' && msg === 'a job is dead'),
    )
    await eventually('health to tell', async () => {
      const { status, checks } = await bodyOf(await fetch(`${service.api}/health`))
      return status === 'degraded' && checks.queue.detail === 'dead letters: 1'
    })
  })
})

async function start(t: TestContext, env: Record<string, string> = {}) {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, seed: 1 })
  t.after(() => sandbox.close())
  const { url, smtpUrl } = sandbox
  const parts = { databaseUrl, paymentUrl: url, inventoryUrl: url, smtpUrl }
  const { api } = await startService(t, parts, env)
  await stock(sql, { desk: 10 })
  const token = await tokenOf('ada')
  const read = async (id: string) =>
    bodyOf(await fetch(`${api}/orders/${id}`, { headers: { authorization: `Bearer ${token}`, accept: V2 } }))
  return { api, parts, sql, sandbox, token, read }
}

const setAddress = (api: string, token: string, email: string) =>
  fetch(`${api}/users/me`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/merge-patch+json',
      'if-match': '*',
    },
    body: JSON.stringify({ email }),
  })

interface Ledger {
  charges: { orderId: string; key: string }[]
  reservations: { orderId: string }[]
}

const ledger = async ({ url }: Sandbox): Promise<Ledger> => bodyOf(await fetch(`${url}/ledger`))

const mailbox = async ({ url }: Sandbox) => bodyOf(await fetch(`${url}/mailbox`))

async function fault({ url }: Sandbox, dependency: string, mode: string) {
  const answer = await fetch(`${url}/faults/${dependency}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mode, rate: 1 }),
  })
  assert.equal(answer.status, 200)
}
