import { randomInt } from 'node:crypto'
import type { Shop } from '../customers.ts'
import { startSandbox } from '../server.ts'
import { type Environment, isSet, type Say, supplied } from './environment.ts'
import { readSandboxSettings } from './settings.ts'
import type { State } from './state.ts'

/** What the payment stand-in is spoken to with; it takes any. */
const SANDBOX_KEY = 'sk_test_sandbox'

/** The faults of daily life: a service that only ever saw fair weather has shown nothing. */
const DAILY_LIFE = {
  payment: { mode: 'error', rate: 0.2 },
  inventory: { mode: 'error', rate: 0.05 },
  email: { mode: 'error', rate: 0.1 },
} as const

/** Stands in for payment, the warehouse and mail, as far as their addresses are missing. */
export async function supplyStandIns(
  given: Environment,
  state: State,
  shop: () => Shop | undefined,
  resources: AsyncDisposableStack,
  say: Say,
): Promise<Environment> {
  const names = ['PAYMENT_URL', 'PAYMENT_API_KEY', 'INVENTORY_URL', 'SMTP_URL']
  if (names.every((name) => isSet(given, name))) return {}

  const { sandboxPort, sandboxSmtpPort, sandboxSeed: seed = randomInt(2 ** 31) } = readSandboxSettings(given)
  const sandbox = await startSandbox({
    port: sandboxPort,
    smtpPort: sandboxSmtpPort,
    seed,
    faults: DAILY_LIFE,
    ledgerFile: state.ledger,
    shop,
  })
  resources.defer(() => sandbox.close())

  const all: Record<string, [what: string, value: string, how: string]> = {
    PAYMENT_URL: ['payment', sandbox.url, 'fails 20 %'],
    PAYMENT_API_KEY: ['payment key', SANDBOX_KEY, ''],
    INVENTORY_URL: ['warehouse', sandbox.url, 'fails 5 %'],
    SMTP_URL: ['mail', sandbox.smtpUrl, 'fails 10 %'],
  }
  const missing = Object.entries(all).filter(([name]) => !isSet(given, name))
  for (const [name, [what, value, how]] of missing) {
    say(supplied(what, how === '' ? value : `${value}, ${how}`, name))
  }
  say(supplied('faults', `${sandbox.url}/faults, seed ${seed}`, 'SANDBOX_SEED'))
  return {
    SANDBOX_URL: sandbox.url,
    ...Object.fromEntries(missing.map(([name, [, value]]) => [name, value])),
  }
}
