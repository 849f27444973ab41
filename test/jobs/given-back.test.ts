import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeSmtp } from '../dependencies/fake-smtp.ts'
import { openShop } from '../orders/shop-front.ts'
import { eventually } from '../support/shop.ts'

test('A process that is told to end while its dependencies hang gives its jobs back, answers, and exits 0', async (t) => {
  let paymentHangs = false
  const smtp = await startFakeSmtp(t, { taken: undefined })
  const shop = await openShop(t, {
    payment: {
      async meanwhile() {
        if (paymentHangs) await new Promise(() => {})
      },
    },
    // Cut short after six of them, when payment and mail are still waited for, and with two seconds to write that down.
    env: { SMTP_URL: `smtp://${smtp.address}`, SHUTDOWN_SECONDS: '10' },
  })
  await shop.order()
  await eventually('the mail to be under way', () => smtp.messages.length > 0)
  paymentHangs = true
  const placed = shop.order()
  await eventually('its charge to be under way', () => shop.payment.charges.size === 2)

  assert.equal(await shop.service.stop(), 0)
  assert.equal((await placed).status, 'payment_pending')
  const [mail] = await shop.sql`
    select state, retry_count, retry_limit, output, start_after <= clock_timestamp() as due
    from pgboss.job where name = 'send-mail'`
  assert.deepEqual(mail, {
    state: 'retry',
    retry_count: 0,
    retry_limit: 15,
    output: { reason: 'its process ended' },
    due: true,
  })
})
