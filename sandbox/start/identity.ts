import { type Environment, isSet, type Say, supplied } from './environment.ts'
import type { State } from './state.ts'

/** A signing secret, unless there is one or a key server. */
export async function supplyIdentity(given: Environment, state: State, say: Say): Promise<Environment> {
  if (isSet(given, 'AUTH_JWT_SECRET') || isSet(given, 'AUTH_JWKS_URL')) return {}
  const secret = await state.signingSecret()
  say(supplied('identity', 'a signing secret of its own', 'AUTH_JWT_SECRET, AUTH_JWKS_URL'))
  return { AUTH_JWT_SECRET: secret }
}
