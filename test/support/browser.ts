import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import type { Lifetime } from './postgres.ts'
import { program } from './programs.ts'

/** Nothing is asked of anybody but the page: no updates, no lists of bad sites, no account. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Containers give /dev/shm 64 MB, with which a tab crashes.
  '--disable-dev-shm-usage',
]

/**
 * Debian's Chromium as it is built for use without a window: the same engine at half the processor time, for it keeps no
 * second renderer ready for each page. A file shares one, with a context for each test: cookies, storage and pages are
 * the context's own. Works as root, and for a user without a home.
 *
 * @throws Error where it is not installed; a suite says so by `needs('chromium-headless-shell')`
 */
export async function openBrowser(lifetime: Lifetime): Promise<Browser> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-browser-'))
  let browser: Browser | undefined
  lifetime.after(async () => {
    await browser?.close()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  })
  browser = await chromium.launch({
    executablePath: program('chromium-headless-shell'),
    // Its own sandbox refuses root, and needs namespaces that containers do not give.
    chromiumSandbox: false,
    args: ARGUMENTS,
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
    timeout: 60_000,
  })
  return browser
}
