import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

export interface Opened {
  readonly page: Page
  /** What the browser complained of: errors, warnings, violations of the policy. */
  readonly complaints: string[]
  /** Every origin that something was asked of. */
  readonly origins: Set<string>
}

/** A page in a context of its own, watched from its first request on. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  const origins = new Set<string>()
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error.stack)))
  page.on('request', (request) => {
    if (request.url().startsWith('http')) origins.add(new URL(request.url()).origin)
  })
  return { page, complaints, origins }
}

/** The dashboard, as soon as its figures are live. */
export async function openDashboard(browser: Browser, url: string, options?: BrowserContextOptions) {
  const opened = await openPage(browser, options)
  await opened.page.goto(url)
  await live(opened.page)
  return opened
}

export const live = (page: Page) => page.locator('[data-live="live"]').waitFor()

/** Waits until an element says what matches. */
export const says = (page: Page, selector: string, text: string | RegExp) =>
  page.locator(selector).filter({ hasText: text }).first().waitFor()

/** What stands there now, its spaces made plain. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).innerText()).replaceAll(/\s+/g, ' ').trim()
}

/** Presses Tab until the focus is on what is looked for, as a hand without a mouse does. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
  }
  throw new Error(`60 times Tab did not lead to ${selector}`)
}
