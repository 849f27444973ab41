import type { TestContext } from 'node:test'
import { buildOperations } from '#src/operations.ts'
import { startProductService } from '../products/product-service.ts'

/** The operations listener on a real socket, with the catalogue's public half beside it. */
export async function startOperations(t: TestContext, options: { opsToken?: string } = {}) {
  const service = await startProductService(t, { freshMs: 60_000 })
  const operations = await buildOperations({
    config: { currency: 'USD', ...options },
    publicUrl: 'https://api.example.com',
    productCache: service.cache,
    productStore: service.store,
    probes: async (app) => {
      app.get('/livez', async () => ({ status: 'alive' }))
    },
  })
  t.after(() => operations.close())
  const url = await operations.listen({ port: 0, host: '127.0.0.1' })
  return { ...service, operations, url }
}

export const desk = {
  name: 'Walnut desk',
  price: { amount: 129900, currency: 'USD' },
  stock: 2,
}

/** Sends JSON as an operator's program does. */
export function put(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(url, {
    method: 'PUT',
    body: text,
    headers: { 'content-type': 'application/json', ...headers },
  })
}
