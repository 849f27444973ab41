import { migrate } from '#src/database/migrate.ts'
import { startService } from '#src/service.ts'
import type { Shop } from '../customers.ts'
import { loadDemoCatalogue } from './catalogue.ts'
import { supplyDatabase } from './database.ts'
import { demoToken } from './demo-token.ts'
import { supplyStandIns } from './dependencies.ts'
import type { Environment } from './environment.ts'
import { supplyIdentity } from './identity.ts'
import { sentenceOf } from './sentence.ts'
import { judge } from './settings.ts'
import { watchSignals } from './signals.ts'
import { openState } from './state.ts'
import { supplyStorefront } from './storefront.ts'
import { greet } from './welcome.ts'

/**
 * Supplies what the environment lacks, starts the service beside it, and stops all of it with the service.
 *
 * @returns the exit code.
 */
export async function firstLook(environment: Environment): Promise<number> {
  const signals = watchSignals()
  // Nobody balances load in front of a first look: Ctrl-C is obeyed at once.
  const given = { ...environment, DRAIN_SECONDS: environment.DRAIN_SECONDS || '0' }
  try {
    judge(given)
    await using resources = new AsyncDisposableStack()
    const state = await openState(given, resources)
    say('Holdfast, from a sandbox. What is set in the environment is used instead.\n')

    let shop: Shop | undefined
    const env: Environment = {
      ...given,
      ...(await supplyStandIns(given, state, () => shop, resources, say)),
      ...(await supplyStorefront(given, () => shop, resources)),
      ...(await supplyIdentity(given, state, say)),
      ...(await supplyDatabase(given, state, resources, say)),
    }
    await migrate(env.DATABASE_URL ?? '')
    const service = await startService(env)
    signals.leaveTo(service)

    await loadDemoCatalogue(service.addresses, env, say)
    const { api } = service.addresses
    const token = await demoToken(env)
    if (api !== undefined && token !== undefined) shop = { api, token }
    say(await greet(service.addresses, env, token))
    const code = await service.closed
    signals.take()
    return code
  } catch (error) {
    console.error(sentenceOf(error, given))
    return 1
  }
}

function say(line: string): void {
  console.log(line)
}
