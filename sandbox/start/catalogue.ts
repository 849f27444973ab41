import { demoCatalogue } from '../demo-catalogue.ts'
import type { Environment, Say } from './environment.ts'
import { productsAt } from './products-at.ts'

export interface Addresses {
  /** A worker has none. */
  readonly api?: string
  readonly operations: string
}

/** Puts the demo products in through the operations listener, if there are no products at all. */
export async function loadDemoCatalogue(addresses: Addresses, env: Environment, say: Say): Promise<void> {
  if (addresses.api === undefined) return
  try {
    if ((await productsAt(addresses.api)).length > 0) return
    const currency = env.CURRENCY || 'USD'
    const lines = demoCatalogue.map(({ price, ...product }) =>
      JSON.stringify({ ...product, price: { amount: price, currency } }),
    )
    const response = await fetch(`${addresses.operations}/products/import`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        ...(env.OPS_TOKEN && { authorization: `Bearer ${env.OPS_TOKEN}` }),
      },
      body: lines.join('\n'),
      signal: AbortSignal.timeout(10_000),
    })
    const answer = await response.text()
    if (!response.ok || !/"imported":\s*36\b/.test(answer)) throw new Error(answer)
    say(`  ${demoCatalogue.length} demo products were put on sale.`)
  } catch (error) {
    // A look at an empty shop is still a look: the service runs.
    say(`  The demo catalogue could not be loaded: ${error instanceof Error ? error.message : error}`)
  }
}
