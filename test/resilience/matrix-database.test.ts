import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { startTcpProxy, type TcpProxy } from '../chaos/tcp-proxy.ts'
import { closedPort } from '../dependencies/fake-server.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { type FakePayment, startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { type ServiceProcess, startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, isShed, place, stock, tokenOf } from '../support/shop.ts'
import type { Fault } from './matrix.ts'

/** The contract's figures, and the time that a busy machine adds. */
const LONGEST_WAIT_MS = 10_000 + 1_000
const BACK_WITHIN_MS = 10_000 + 2_000

/** `FATAL`, `53300` too_many_connections, as a server or a pooler says it to a new connection. */
const FULL = errorResponse({ S: 'FATAL', V: 'FATAL', C: '53300', M: 'sorry, too many clients already' })

suite('Whatever befalls the database', { concurrency: true }, () => {
  suite('for a moment', { concurrency: 1 }, () => {
    const shop = openShop()

    cell('error', async () => {
      await shop.whileOrdering(async () => {
        // None may be there yet after the round before.
        await eventually('a session to end', async () => {
          const ended = await shop.sql`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name like 'holdfast%'`
          return ended.length > 0
        })
      })
    })

    cell('reset', async () => {
      await shop.whileOrdering(async () => {
        await eventually('a connection to cut', () => shop.network.cut(1, () => 0) > 0)
      })
    })

    cell('lost response', async () => {
      await shop.order()
      shop.network.loseAnswers(3)
      await shop.order()
      await eventually('three answers to be lost', () => shop.network.lost())
    })

    cell('slow', async () => {
      const { promise: held, resolve: hold } = Promise.withResolvers<void>()
      const { promise: enough, resolve: letGo } = Promise.withResolvers<void>()
      const holding = shop.sql.begin(async (sql) => {
        await sql`select from products for update`
        hold()
        await enough
      })
      await held
      const key = await shop.refused()
      letGo()
      await holding
      await shop.order(key)
    })

    cell('rate limit', async () => {
      shop.network.answerWith(FULL)
      shop.network.cut(1, () => 0)
      const key = await shop.refused()
      shop.network.answerWith(undefined)
      await shop.servesAgain()
      await shop.order(key)
    })

    cell('garbage', async () => {
      for (const bytes of ['HTTP/1.1 400 Bad Request\r\n\r\n', 'SSH-2.0-OpenSSH_9.2\r\n']) {
        shop.network.answerWith(bytes)
        shop.network.cut(1, () => 0)
        const key = await shop.refused()
        shop.network.answerWith(undefined)
        await shop.servesAgain()
        await shop.order(key)
      }
    })
  })

  suite('for longer', { concurrency: 1 }, () => {
    const shop = openShop()

    cell('hang', async () => {
      await shop.order()
      shop.network.fallSilent()
      const key = await shop.refused()
      await shop.refusedAtOnce()
      shop.network.speak()
      await shop.servesAgain()
      await shop.order(key)
    })

    cell('down for an hour', async () => {
      const read = await fetch(`${shop.service.api}/products/desk`)
      assert.equal(read.status, 200)
      shop.away(await closedPort())
      const key = await shop.refused()
      await shop.refusedAtOnce()
      const stale = await eventually('the copy to be old', async () => {
        const answer = await fetch(`${shop.service.api}/products/desk`)
        assert.equal(answer.status, 200)
        return answer.headers.get('cache-status')
      })
      assert.equal(stale, 'holdfast; hit; detail=stale')
      shop.away(undefined)
      await shop.servesAgain()
      await shop.order(key)
    })
  })
})

function cell(fault: Fault, body: () => Promise<void>) {
  test(`database × ${fault}`, body)
}

/** The service behind a network of ours; opened before the suite's first test. */
function openShop() {
  const lifetime = lifetimeOfSuite()
  let orders = 0
  let token = ''
  let payment: FakePayment
  let aside: number | undefined
  const shop = {
    network: {} as TcpProxy,
    service: {} as ServiceProcess,
    sql: {} as ReturnType<typeof connect>,

    away(port: number | undefined): void {
      aside = port
      shop.network.cut(1, () => 0)
    },

    /** Is answered 201, whatever befalls meanwhile, with one order that is charged once. */
    async order(key = `order-${orders++}`): Promise<void> {
      const answer = await eventually('an answer', async () => {
        const one = await place(shop.service.api, basket('desk'), { key, token })
        // Placed by a request that could not finish it: its lease has to end first.
        return one.status !== 409 && !(await isShed(one)) && one
      })
      const body = await bodyOf(answer)
      assert.deepEqual([answer.status, body.status], [201, 'paid'], JSON.stringify(body))
      assert.equal(payment.taken(body.id), 1)
      const [found] = await shop.sql`select count(*)::int as orders from idempotency_keys where key = ${key}`
      assert.equal(found?.orders, 1)
    },

    /** Something befalls the connections, again and again, while orders are placed. */
    async whileOrdering(befall: () => Promise<void>): Promise<void> {
      await shop.order()
      for (let round = 0; round < 5; round++) {
        await Promise.all([shop.order(), shop.order(), befall(), shop.order()])
      }
    },

    /** Is answered 503 in time. @returns the key, which may be asked with again */
    async refused(): Promise<string> {
      const key = `order-${orders++}`
      const { answer, tookMs } = await eventually('an answer of one that is not too busy', async () => {
        const began = performance.now()
        const one = await place(shop.service.api, basket('desk'), { key, token })
        return !(await isShed(one)) && { answer: one, tookMs: performance.now() - began }
      })
      assert.ok(tookMs < LONGEST_WAIT_MS, `answered after ${tookMs} ms`)
      assert.ok(Number(answer.headers.get('retry-after')) > 0)
      await assertProblem(answer, { status: 503, slug: 'service-unavailable' })
      return key
    },

    async refusedAtOnce(): Promise<void> {
      const told = () =>
        shop.service.logs.findLast(({ msg }) => /^the database is (?:away|back)$/.test(`${msg}`))
      await eventually('it to be known', () => told()?.msg === 'the database is away')
      const began = performance.now()
      for (let i = 0; i < 5; i++) await shop.refused()
      assert.ok(performance.now() - began < 3_000, 'none of five waited')
    },

    async servesAgain(): Promise<void> {
      await eventually(
        'readiness',
        async () => (await fetch(`${shop.service.api}/readyz`)).ok,
        BACK_WITHIN_MS,
      )
    },
  }

  before(async () => {
    const url = new URL(await createDatabase(lifetime))
    const port = Number(url.port)
    shop.sql = connect(lifetime, url.href)
    await stock(shop.sql, { desk: 1_000 })
    shop.network = await startTcpProxy(lifetime, () => aside ?? port)
    url.port = String(shop.network.port)
    payment = await startFakePayment(lifetime)
    const warehouse = await startFakeWarehouse(lifetime)
    shop.service = await startService(
      lifetime,
      { databaseUrl: url.href, paymentUrl: payment.url, inventoryUrl: warehouse.url },
      // An address would be taken for one that leaks from the inside.
      { PUBLIC_URL: 'https://shop.test', ORDER_LEASE_SECONDS: '2' },
    )
    token = await tokenOf('somebody')
    await shop.servesAgain()
  })
  return shop
}

/** PostgreSQL documentation, section 54.7: `E`, a length that counts itself, fields that end with zero. */
function errorResponse(fields: Record<string, string>): Buffer {
  const body = Buffer.from(
    `${Object.entries(fields)
      .map(([code, text]) => `${code}${text}\0`)
      .join('')}\0`,
  )
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from('E'), length, body])
}
