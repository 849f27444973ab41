import { SignJWT } from 'jose'
import type { Addresses } from './catalogue.ts'
import { type Environment, isSet } from './environment.ts'
import { productsAt } from './products-at.ts'

/** Where everything is, and a first order that can be pasted into any POSIX shell as it stands. */
export async function greet(addresses: Addresses, env: Environment): Promise<string> {
  const token = isSet(env, 'AUTH_JWT_SECRET') ? await demoToken(env) : undefined
  const places = [
    `  API         ${addresses.api}`,
    `  reference   ${addresses.api}/docs`,
    `  dashboard   ${addresses.operations}`,
    ...(env.PAYMENT_API_KEY === 'sk_test_sandbox' ? [`  sandbox     ${env.PAYMENT_URL}`] : []),
  ]
  const command = curl(addresses.api, token ?? '$TOKEN', await anyProduct(addresses.api))
  const introduced =
    token === undefined
      ? ['With a token from the issuer behind AUTH_JWKS_URL in $TOKEN, place an order:']
      : ['A token for the user demo, good for 30 days:', '', token, '', 'Place an order:']
  const order = [...introduced, '', command]
  return ['', 'Ready.', '', ...places, '', ...order, '', 'Ctrl-C stops all of it.', ''].join('\n')
}

async function demoToken(env: Environment): Promise<string> {
  const token = new SignJWT({ name: 'Demo', email: 'demo@example.com' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject('demo')
    .setIssuedAt()
    .setExpirationTime('30d')
  if (env.AUTH_ISSUER) token.setIssuer(env.AUTH_ISSUER)
  if (env.AUTH_AUDIENCE) token.setAudience(env.AUTH_AUDIENCE)
  return await token.sign(new TextEncoder().encode(env.AUTH_JWT_SECRET))
}

/** The best-known demo product, or whatever this shop still has. */
async function anyProduct(api: string): Promise<string> {
  const inStock = (await productsAt(api).catch(() => [])).filter(({ quantity }) => quantity > 0)
  const preferred = inStock.find(({ id }) => id === 'desk-walnut') ?? inStock[0]
  return preferred?.id ?? 'desk-walnut'
}

function curl(api: string, token: string, productId: string): string {
  const body = JSON.stringify({ items: [{ productId, quantity: 1 }], paymentToken: 'pm_card_visa' })
  return [
    `curl -i ${api}/orders`,
    `-H "Authorization: Bearer ${token}"`,
    // The process of the shell and the clock: fresh each time it is pasted, without uuidgen.
    '-H "Idempotency-Key: demo-$$-$(date +%s%N)"',
    "-H 'Content-Type: application/vnd.holdfast.order+json; version=2'",
    "-H 'Accept: application/vnd.holdfast.order+json; version=2'",
    `-d '${body}'`,
  ].join(' \\\n  ')
}
