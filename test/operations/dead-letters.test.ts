import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { bury } from '../jobs/bury.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { bodyOf, connect } from '../support/shop.ts'
import { type OperationsOptions, startOperations } from './operator-service.ts'

const orderUuid = '01890a5d-ac96-774b-bcce-b302099a8057'
const orderId = 'ord_01h455vb4pex5vsknk084sn02q'
const traceId = '0af7651916cd43dd8448eb211c80319c'
const data = {
  orderId: orderUuid,
  requestId: 'the-request',
  traceparent: `00-${traceId}-b7ad6b7169203331-01`,
}

test('A dead letter is listed with everything that is known about it', async (t) => {
  const { sql, get } = await start(t)
  const output = { reason: 'payment: permanent after 1 attempt: answered 400 parameter_missing' }
  const id = await bury(sql, { data, output, at: '2026-11-22T04:05:06.789012Z' })
  const answer = await get('')
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const [item, ...others] = (await bodyOf(answer)).items
  const { jobId, ...rest } = item
  assert.match(jobId, /^[\da-f-]{36}$/)
  assert.deepEqual(
    [rest, others],
    [
      {
        id,
        queue: 'charge-order',
        reason: output.reason,
        failedAt: '2026-11-22T04:05:06.789Z',
        attempts: 15,
        orderId,
        requestId: 'the-request',
        traceId,
      },
      [],
    ],
  )
})

test('The newest come first, page by page, each once, also those of one instant and those that came since', async (t) => {
  const { sql, get } = await start(t)
  const ids: string[] = []
  for (let n = 0; n < 7; n++) {
    const at = `2026-11-22T04:05:06.${n < 4 ? '000001' : `00000${n}`}Z`
    ids.push(await bury(sql, { at, queue: n % 2 === 0 ? 'send-mail' : 'charge-order' }))
  }
  const walk = async (query: string) => {
    const seen: string[] = []
    let next = ''
    do {
      const page = await bodyOf(await get(`?limit=2${query}${next && `&cursor=${next}`}`))
      assert.ok(page.items.length <= 2)
      seen.push(...page.items.map((item: { id: string }) => item.id))
      next = page.nextCursor ?? ''
      // Newer than all: no page behind it moves.
      await bury(sql)
    } while (next !== '')
    return seen
  }
  const all = await walk('')
  assert.deepEqual(all.slice(0, 3), [ids[6], ids[5], ids[4]])
  assert.deepEqual([...all].sort(), [...ids].sort())
  const mail = ids.filter((_, n) => n % 2 === 0)
  assert.deepEqual((await walk('&queue=send-mail')).sort(), mail.sort())
})

test('An unknown queue, a bad limit and a foreign cursor are refused, each by its name', async (t) => {
  const { sql, get } = await start(t)
  for (let n = 0; n < 2; n++) await bury(sql)
  const { nextCursor } = await bodyOf(await get('?limit=1'))
  for (const [query, pointer] of [
    ['?queue=charge-order-dead', '#/queue'],
    ['?queue=', '#/queue'],
    ['?queue=send-mail&queue=send-mail', '#/queue'],
    ['?limit=101', '#/limit'],
    ['?limit=0', '#/limit'],
    ['?cursor=x', '#/cursor'],
    // Of the list of all queues.
    [`?queue=charge-order&cursor=${nextCursor}`, '#/cursor'],
  ] as const) {
    const { errors } = await assertProblem(await get(query), { slug: 'validation-failed' })
    assert.ok(Array.isArray(errors))
    assert.deepEqual([errors[0].pointer, errors[0].in], [pointer, 'query'], query)
  }
  const { errors } = await bodyOf(await get('?queue=x&limit=0&cursor=x'))
  assert.equal(errors.length, 3, 'all that is wrong is told at once')
})

test('Redriving sends the job to its queue again, attempts anew, and says who did it', async (t) => {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const { sql, get, redrive } = await start(t, { log, opsToken: 'a-token-for-tests' })
  const id = await bury(sql, { data: { ...data, mail: 'order-paid' }, output: { reason: 'why' } })
  const answer = await redrive(id)
  assert.equal(answer.status, 202)
  assert.deepEqual(await bodyOf(answer), { id, queue: 'charge-order' })

  const [job] = await sql`
    select state, data, retry_count, retry_limit, heartbeat_seconds, dead_letter, start_after <= now() as due
    from pgboss.job where name = 'charge-order'`
  assert.deepEqual(job, {
    state: 'created',
    data: { ...data, mail: 'order-paid' },
    retry_count: 0,
    retry_limit: 14,
    heartbeat_seconds: 20,
    dead_letter: 'charge-order-dead',
    due: true,
  })
  assert.deepEqual((await bodyOf(await get(''))).items, [])
  await assertProblem(await redrive(id), { slug: 'not-found' })

  const acts = lines.filter(({ msg }) => msg === 'dead letter redriven')
  assert.equal(acts.length, 1)
  const [{ time, deadLetter, queue, operator, reason } = {}] = acts
  assert.ok(time !== undefined)
  assert.deepEqual([deadLetter, queue, operator, reason], [id, 'charge-order', 'token 127.0.0.1', 'why'])
})

test('Discarding takes the letter away and sends nothing', async (t) => {
  const { sql, get, redrive, discard } = await start(t)
  const id = await bury(sql, { data })
  const answer = await discard(id)
  assert.equal(answer.status, 204)
  assert.equal(await answer.text(), '')
  assert.deepEqual((await bodyOf(await get(''))).items, [])
  assert.deepEqual([...(await sql`select from pgboss.job where name = 'charge-order'`)], [])
  await assertProblem(await discard(id), { slug: 'not-found' })
  await assertProblem(await redrive(id), { slug: 'not-found' })
})

test('Of many decisions at once about one letter, exactly one counts', async (t) => {
  const { sql, redrive, discard } = await start(t)
  for (let round = 0; round < 10; round++) {
    const id = await bury(sql, { data })
    const answers = await Promise.all([redrive(id), discard(id), redrive(id), discard(id)])
    const statuses = answers.map(({ status }) => status)
    const [done, ...others] = statuses.filter((status) => status !== 404)
    assert.deepEqual(others, [], statuses.join())
    const jobs = await sql`select from pgboss.job where name = 'charge-order' and id = ${id}`
    assert.equal(jobs.length, done === 202 ? 1 : 0)
  }
})

test('What is no id, or no dead letter’s, is not found', async (t) => {
  const { sql, redrive, discard } = await start(t)
  const [job] = await sql<
    [{ id: string }]
  >`insert into pgboss.job (name) values ('charge-order') returning id`
  for (const id of ['x', '%00', randomUUID(), job.id, orderId]) {
    await assertProblem(await redrive(id), { slug: 'not-found' })
    await assertProblem(await discard(id), { slug: 'not-found' })
  }
})

test('Nobody decides without the token, nor another site with an operator’s browser', async (t) => {
  const { url, sql } = await start(t, { opsToken: 'a-token-for-tests' })
  const id = await bury(sql)
  for (const [method, path] of [
    ['GET', '/dead-letters'],
    ['POST', `/dead-letters/${id}/redrive`],
    ['DELETE', `/dead-letters/${id}`],
  ] as const) {
    await assertProblem(await fetch(`${url}${path}`, { method }), { slug: 'unauthorized' })
  }
  const open = await start(t)
  const other = await bury(open.sql)
  const headers = { origin: 'https://evil.example' }
  const act = await fetch(`${open.url}/dead-letters/${other}/redrive`, { method: 'POST', headers })
  await assertProblem(act, { slug: 'forbidden' })
  assert.equal((await open.get('').then(bodyOf)).items.length, 1)
})

async function start(t: TestContext, options: OperationsOptions = {}) {
  const { url, databaseUrl } = await startOperations(t, options)
  const sql = connect(t, databaseUrl)
  const headers: Record<string, string> =
    options.opsToken === undefined ? {} : { authorization: `Bearer ${options.opsToken}` }
  const ask = (method: string, path: string) => fetch(`${url}/dead-letters${path}`, { method, headers })
  return {
    url,
    sql,
    get: (query: string) => ask('GET', query),
    redrive: (id: string) => ask('POST', `/${id}/redrive`),
    discard: (id: string) => ask('DELETE', `/${id}`),
  }
}
