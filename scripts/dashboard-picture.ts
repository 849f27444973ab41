import { openBrowser } from '../test/support/browser.ts'

/**
 * Takes the pictures of the README from a dashboard that runs:
 * `node_modules/.bin/node scripts/dashboard-picture.ts http://127.0.0.1:3001`.
 * They show what is there, so give it an hour of traffic, and something that fails, first.
 */
const [url = 'http://127.0.0.1:3001'] = process.argv.slice(2)
const cleanUps: (() => Promise<void>)[] = []
const browser = await openBrowser({ after: (cleanUp) => void cleanUps.push(cleanUp) })
for (const [colorScheme, name] of [
  ['light', 'dashboard.png'],
  ['dark', 'dashboard-dark.png'],
] as const) {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1440, height: 1000 } })
  await page.goto(url)
  await page.locator('[data-live="live"]').waitFor()
  const end = await page.locator('.queues').boundingBox()
  const height = Math.ceil((end?.y ?? 0) + (end?.height ?? 0) + 12)
  await page.screenshot({
    path: `docs/images/${name}`,
    clip: { x: 0, y: 0, width: 1440, height },
    fullPage: true,
  })
}
for (const cleanUp of cleanUps) await cleanUp()
