import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { freePort } from '../../sandbox/postgres/free-port.ts'
import { openBrowser } from '../support/browser.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { needs } from '../support/programs.ts'
import { nobodyThere, startService } from '../support/service.ts'
import { live, openPage, says, textOf } from './dashboard-page.ts'
import { opsToken, sessionOf } from './operator-session.ts'

describe('The connection of the dashboard', {
  ...needs('chromium-headless-shell'),
  concurrency: true,
}, () => {
  const lifetime = lifetimeOfSuite()
  let browser: Browser

  before(async () => {
    browser = await openBrowser(lifetime)
  })

  test('who logged in sees it; it says when the service is away, comes back with it, and knows when the session ended', async () => {
    // Nobody else is given it while the service is away.
    const env = { OPS_TOKEN: opsToken, ROLE: 'api', OPS_PORT: String(await freePort()) }
    const first = await startService(lifetime, nobodyThere, env)
    const { page, origins, complaints } = await openPage(browser)

    await page.goto(first.operations)
    assert.equal(new URL(page.url()).pathname, '/login')
    await typeToken(page, 'wrong')
    await says(page, '[role="alert"]', 'That is not the token.')
    await typeToken(page, opsToken)
    await live(page)
    assert.equal(new URL(page.url()).pathname, '/')
    await says(page, '#verdict', 'Unhealthy')

    // Without a database every answer is a 503, and counts.
    await Promise.all([1, 2, 3].map(() => fetch(`${first.api}/products`)))
    await says(page, '#error-rate-note', '3 of 3 last hour')
    assert.equal(await textOf(page, '#error-rate'), '100 %')
    assert.deepEqual(
      complaints.filter((text) => !text.includes('503')),
      [],
    )

    await first.kill()
    await says(
      page,
      '#connection[role="status"]',
      /^Connection lost since \d\d:\d\d:\d\d, showing figures from \d\d/,
    )
    assert.equal(await page.locator('body[data-stale]').count(), 1)
    assert.equal(await textOf(page, '#error-rate-note'), '3 of 3 last hour')

    const second = await startService(lifetime, nobodyThere, env)
    await says(page, '#error-rate-note', '0 of 0 last hour')
    assert.equal(await page.locator('#connection').isVisible(), false)
    assert.equal(await page.locator('body[data-stale]').count(), 0)

    await page.context().clearCookies()
    await second.kill()
    await startService(lifetime, nobodyThere, env)
    await says(page, '#connection', /^Your session has ended, showing figures from/)
    await page.getByRole('link', { name: 'Log in again' }).click()
    await page.getByLabel('Operations token').fill(opsToken)
    await page.getByRole('button', { name: 'Log in' }).click()
    await live(page)

    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Operations token').waitFor()
    assert.deepEqual([...origins], [first.operations])
    await page.context().close()
  })

  test('a page that is watched when its session ends says so by itself', async () => {
    const { operations } = await startService(lifetime, nobodyThere, { OPS_TOKEN: opsToken, ROLE: 'api' })
    const { page } = await openPage(browser)
    // As much as a slow machine needs to open it, and less than a page is waited for.
    const [name = '', value = ''] = sessionOf(20).split('=', 2)
    await page.context().addCookies([{ name, value, url: operations }])
    await page.goto(operations)
    await live(page)
    await says(page, '#connection', /^Your session has ended, showing figures from/)
    await says(page, '[data-live="ended"]', 'logged out')
    await page.context().close()
  })
})

/** By the keyboard alone. The page puts the cursor there by itself, but not before its stylesheets are read. */
async function typeToken(page: Page, token: string): Promise<void> {
  await page.locator('input:focus').waitFor()
  await page.keyboard.type(token)
  await page.keyboard.press('Enter')
}
