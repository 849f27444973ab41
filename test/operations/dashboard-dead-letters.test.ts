import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Sql } from 'postgres'
import { openBrowser } from '../support/browser.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { type ServiceProcess, startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'
import { openDashboard, says, tabTo, textOf } from './dashboard-page.ts'

describe('Dead letters on the dashboard', needs('chromium-headless-shell'), () => {
  const lifetime = lifetimeOfSuite()
  let browser: Browser
  let service: ServiceProcess
  let token: string
  let sql: Sql
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
  /** A mistake of ours, by its status: what asked for it is a dead letter at once. */
  let status = 400

  before(async () => {
    const databaseUrl = await createDatabase(lifetime)
    const payment = await startFakePayment(lifetime, { status: () => status })
    const warehouse = await startFakeWarehouse(lifetime)
    sql = connect(lifetime, databaseUrl)
    await stock(sql, { desk: 100 })
    token = await tokenOf('ann')
    const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
    ;[service, browser] = await Promise.all([
      startService(lifetime, parts, { OPS_TRACE_URL: 'https://traces.test/?a=$&b="&id={traceId}' }),
      openBrowser(lifetime),
    ])
  })

  /** Places orders whose charges die. */
  function die(count: number, requestId: string = crypto.randomUUID()) {
    const headers = { traceparent, 'x-request-id': requestId }
    const keys = Array.from({ length: count }, () => crypto.randomUUID())
    return Promise.all(
      keys.map(
        async (key) => (await bodyOf(await place(service.api, basket('desk'), { key, token, headers }))).id,
      ),
    )
  }

  /** Opens the page when so many orders more have died, and it shows them. */
  async function openWith(count: number, options?: BrowserContextOptions) {
    const placed = await die(count)
    const { page, complaints } = await openDashboard(browser, service.operations, options)
    for (const id of placed) await rowOf(page, id).waitFor()
    return { page, complaints, placed }
  }

  const rowOf = (page: Page, orderId: string) => page.locator('#dead-letters tr').filter({ hasText: orderId })

  const statusOf = async (orderId: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await bodyOf(await fetch(`${service.api}/orders/${orderId}`, { headers }))).status
  }

  test('a redrive is asked about, by keyboard alone, and what came of it is told', async () => {
    const { page, complaints, placed } = await openWith(1)
    const [orderId = ''] = placed
    assert.match(await rowOf(page, orderId).innerText(), /^charge-order\s+payment.*1 attempt/s)
    await tabTo(page, '.skip')
    await tabTo(page, '[data-act="redrive"]')

    await page.keyboard.press('Enter')
    await says(page, 'dialog[open]', orderId)
    await page.keyboard.press('Escape')
    assert.equal(await statusOf(orderId), 'payment_pending')
    assert.equal(await page.evaluate('document.activeElement.dataset.act'), 'redrive')

    status = 200
    await page.keyboard.press('Enter')
    await says(page, 'dialog[open] h2', 'Redrive this job?')
    await tabTo(page, '#decision-act')
    await page.keyboard.press('Enter')
    await says(page, '#dead-outcome[role="status"]', `Queued again: charge-order of ${orderId}.`)
    await says(page, '#dead-empty', 'No dead letters: nothing has failed for good.')
    assert.equal(await page.evaluate('document.activeElement.id'), 'dead-title')
    await eventually('the charge', async () => (await statusOf(orderId)) === 'paid')
    const logged = service.logs.find(({ msg }) => msg === 'dead letter redriven')
    assert.equal(logged?.orderId, orderId)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('of several one is discarded, the others stay, and an id can be copied', async () => {
    status = 400
    const { page, complaints, placed } = await openWith(2)
    const [one = '', other = ''] = placed
    const trace = rowOf(page, one).getByRole('link', { name: traceId })
    assert.equal(await trace.getAttribute('href'), `https://traces.test/?a=$&b="&id=${traceId}`)
    await page.context().grantPermissions(['clipboard-write', 'clipboard-read'])
    await rowOf(page, one).getByRole('button', { name: one, exact: true }).click()
    await says(page, '#dead-outcome', `Copied ${one}.`)
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), one)

    await rowOf(page, one).getByRole('button', { name: 'Discard' }).click()
    await page.locator('dialog').getByRole('button', { name: 'Discard' }).click()
    await says(page, '#dead-outcome', `Discarded: charge-order of ${one}.`)
    await rowOf(page, one).waitFor({ state: 'detached' })
    assert.equal(await rowOf(page, other).count(), 1)
    assert.equal(await page.evaluate('document.activeElement.dataset.act'), 'discard')
    await says(page, '#dead-count', /^1$/)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('one that somebody else has decided about says so; queues are told apart; pages are turned', async () => {
    const { page, placed } = await openWith(10)
    const rows = page.locator('#dead-letters tbody tr')
    const queue = page.getByRole('combobox', { name: 'Queue' })
    assert.equal(await rows.count(), 10)
    await page.getByRole('button', { name: 'Older' }).click()
    await eventually('the second page', async () => (await rows.count()) === 1)
    await page.getByRole('button', { name: 'Newer' }).click()
    await eventually('the first page', async () => (await rows.count()) === 10)

    await queue.selectOption('send-mail')
    await says(page, '#dead-empty', 'No dead letters in send-mail')
    await queue.selectOption('charge-order')
    const orderId = placed.at(-1)
    const row = rowOf(page, orderId)
    await row.getByRole('button', { name: 'Discard' }).click()
    const id = await row.getAttribute('data-letter')
    await fetch(`${service.operations}/dead-letters/${id}`, { method: 'DELETE' })
    await page.locator('dialog').getByRole('button', { name: 'Discard' }).click()
    await says(page, '#dead-outcome', `Nothing was done to charge-order of ${orderId}.`)
    await row.waitFor({ state: 'detached' })
    await page.context().close()
  })

  test('whoever is at a button stays there while letters come and go, or gets to the same of the next one', async () => {
    const { page, placed } = await openWith(2)
    const mine = rowOf(page, placed[0])
    const focus = page.locator('tr:has(:focus)')
    await mine.getByRole('button', { name: 'Discard' }).focus()
    const [another] = await die(1)
    await rowOf(page, another).waitFor()
    assert.equal(await mine.locator(':focus').getAttribute('data-act'), 'discard')

    const id = await mine.getAttribute('data-letter')
    await fetch(`${service.operations}/dead-letters/${id}`, { method: 'DELETE' })
    await mine.waitFor({ state: 'detached' })
    assert.equal(await focus.locator(':focus').getAttribute('data-act'), 'discard')

    const again = rowOf(page, another)
    const before = await again.getAttribute('data-letter')
    await again.getByRole('button', { name: 'Redrive' }).press('Enter')
    await page.locator('#decision-act').press('Enter')
    await page.locator(`[data-letter="${before}"]`).waitFor({ state: 'detached' })
    const next = await focus.getAttribute('data-letter')
    await again.waitFor()
    assert.equal(await focus.getAttribute('data-letter'), next)
    assert.equal(await focus.locator(':focus').getAttribute('data-act'), 'redrive')
    await page.context().close()
  })

  test('one that takes the place of another between two figures is shown', async () => {
    const { page, placed } = await openWith(1)
    const row = rowOf(page, placed[0])
    const before = await row.getAttribute('data-letter')
    const after = crypto.randomUUID()
    // At no moment are they fewer or more.
    await sql`
      with gone as (
        update pgboss.job set state = 'cancelled', completed_on = now() where id = ${before} returning *
      )
      insert into pgboss.job (id, name, data, source_name, source_id, source_retry_count, source_output)
      select ${after}, name, data, source_name, source_id, source_retry_count, source_output from gone
    `
    await page.locator(`[data-letter="${after}"]`).waitFor()
    assert.equal(await row.count(), 1)
    await page.context().close()
  })

  test('what became of an act that nobody answered is not said to be nothing, and stays readable', async () => {
    const { page, placed } = await openWith(1)
    const ways = ['**/dead-letters?*', '**/dead-letters/*/redrive']
    for (const way of ways) await page.route(way, (route) => route.abort())
    await rowOf(page, placed[0]).getByRole('button', { name: 'Redrive' }).click()
    await page.locator('#decision-act').click()
    const outcome = `It is not known whether charge-order of ${placed[0]} is queued again. The service did not answer.`
    await says(page, '#dead-outcome', outcome)
    await says(page, '#dead-unread', 'The dead letters could not be read. The service did not answer.')
    assert.equal(await textOf(page, '#dead-outcome'), outcome)

    for (const way of ways) await page.unroute(way)
    await eventually('the list to be read again', async () => (await textOf(page, '#dead-unread')) === '')
    assert.equal(await textOf(page, '#dead-outcome'), outcome)
    await page.context().close()
  })

  test('pages are turned by keyboard until there is none', async () => {
    const { page } = await openWith(1)
    const [older, newer] = [page.locator('#dead-on'), page.locator('#dead-back')]
    await older.press('Enter')
    await eventually('the last page', async () => await older.isDisabled())
    assert.equal(await page.evaluate('document.activeElement.id'), 'dead-back')
    await newer.press('Enter')
    await eventually('the first page', async () => await newer.isDisabled())
    assert.equal(await page.evaluate('document.activeElement.id'), 'dead-on')
    await page.context().close()
  })

  test('on no screen does anything stick out, nor does an id lie over what is beside it', async () => {
    const { page, placed } = await openWith(1)
    const requestId = 'r'.repeat(128)
    const [long] = await die(1, requestId)
    for (const width of [320, 640, 768, 960, 1440]) {
      await page.setViewportSize({ width, height: 900 })
      for (const id of [...placed, long]) await rowOf(page, id).waitFor()
      await rowOf(page, long).getByRole('button', { name: requestId }).click()
      await says(page, '#dead-outcome', requestId)
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
      const wider = await page.evaluate(`[...document.querySelectorAll('.dead :is(th, td, .outcome)')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ innerText }) => innerText)`)
      assert.deepEqual(wider, [], `${width}`)
    }
    await page.context().close()
  })

  test('without the sandbox there are no switches', async () => {
    const { page, complaints } = await openDashboard(browser, service.operations)
    assert.equal(await page.getByText('Break something').isVisible(), false)
    assert.equal((await fetch(`${service.operations}/sandbox/faults`)).status, 404)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
