import type { Shop } from '../customers.ts'
import { startStorefront } from '../storefront.ts'
import { type Environment, isSet } from './environment.ts'
import { readSandboxSettings } from './settings.ts'

/**
 * A page to shop on, and the service's leave for it to ask from a browser. Where somebody else signs the tokens, or nobody listens
 * to customers, there is none.
 */
export async function supplyStorefront(
  given: Environment,
  shop: () => Shop | undefined,
  resources: AsyncDisposableStack,
): Promise<Environment> {
  const signedElsewhere = isSet(given, 'AUTH_JWKS_URL') && !isSet(given, 'AUTH_JWT_SECRET')
  if (signedElsewhere || given.ROLE === 'worker') return {}
  const storefront = await startStorefront({ port: readSandboxSettings(given).sandboxStorefrontPort, shop })
  resources.defer(() => storefront.close())
  const named = isSet(given, 'CORS_ORIGINS') ? [given.CORS_ORIGINS] : []
  return { STOREFRONT_URL: storefront.url, CORS_ORIGINS: [...named, ...storefront.origins].join(',') }
}
