import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeSmtp } from '../dependencies/fake-smtp.ts'
import { openShop } from '../orders/shop-front.ts'
import { bodyOf, eventually } from '../support/shop.ts'

test('Two thousand mails that wait for a slow server delay no charge', async (t) => {
  // Half a second a mail, ten at a time: a minute and a half of work.
  const slow = {
    taken: (socket: { write(text: string): void }) =>
      void setTimeout(() => socket.write('250 taken\r\n'), 500).unref(),
  }
  const smtp = await startFakeSmtp(t, slow)
  let answer = 200
  const shop = await openShop(t, {
    payment: { status: () => answer, headers: () => ({ 'retry-after': '3600' }) },
    env: { SMTP_URL: `smtp://${smtp.address}` },
  })
  await shop.order()
  await eventually('a mail', () => smtp.messages.length > 0)
  await shop.sql`
    select enqueue_jobs(jsonb_agg(jsonb_build_object('queue', 'send-mail', 'id', gen_random_uuid(), 'data', data)))
    from (select data from pgboss.job where name = 'send-mail' limit 1) as mail, generate_series(1, 2000)`
  await eventually('the mails to be under way', () => smtp.messages.length >= 10)

  answer = 429
  const { id, status } = await shop.order()
  answer = 200
  assert.equal(status, 'payment_pending')
  await shop.sql`update pgboss.job set start_after = now() where name = 'charge-order'`
  await eventually(
    'the charge',
    async () => (await bodyOf(await shop.ask('GET', `/orders/${id}`))).status === 'paid',
  )
  const [{ left }] = await shop.sql<[{ left: number }]>`
    select count(*)::int as left from pgboss.job where name = 'send-mail' and state < 'active'`
  // The measure of promptness is the mail itself, of which there are twenty a second at most.
  assert.ok(left > 1_700, `${left} mails wait still`)
})
