import type { Addresses } from './catalogue.ts'
import { type Environment, isSet } from './environment.ts'
import { productsAt } from './products-at.ts'

const GOODBYE = 'Ctrl-C stops all of it.'

/** Where everything is, and a first order that can be pasted into any POSIX shell as it stands. */
export async function greet(
  { api, operations }: Addresses,
  env: Environment,
  token: string | undefined,
): Promise<string> {
  const places = [
    ...(api === undefined ? [] : [`  API         ${api}`, `  reference   ${api}/docs`]),
    ...(isSet(env, 'STOREFRONT_URL') ? [`  storefront  ${env.STOREFRONT_URL}`] : []),
    `  dashboard   ${operations}`,
    ...(isSet(env, 'SANDBOX_URL') ? [`  sandbox     ${env.SANDBOX_URL}`] : []),
  ]
  const order = api === undefined ? [] : await invitation(api, token)
  return ['', 'Ready.', '', ...places, '', ...order, GOODBYE, ''].join('\n')
}

async function invitation(api: string, token: string | undefined): Promise<string[]> {
  const command = curl(api, token ?? '$TOKEN', await anyProduct(api))
  return token === undefined
    ? ['With a token from the issuer behind AUTH_JWKS_URL in $TOKEN, place an order:', '', command, '']
    : ['A token for the user demo, good for 30 days:', '', token, '', 'Place an order:', '', command, '']
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
