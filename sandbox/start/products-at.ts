import { setTimeout as pause } from 'node:timers/promises'

export interface Listed {
  readonly id: string
  readonly quantity: number
}

/**
 * The first page of products, as a client sees it.
 *
 * @throws when the service has no answer within five seconds.
 */
export async function productsAt(api: string): Promise<Listed[]> {
  const deadline = Date.now() + 5_000
  for (;;) {
    const response = await fetch(`${api}/products?limit=100`, {
      headers: { accept: 'application/json; version=2' },
      signal: AbortSignal.timeout(5_000),
    })
    const body: unknown = await response.json()
    if (response.ok) return listed(body)
    if (Date.now() > deadline) throw new Error(`GET /products answered ${response.status}`)
    await pause(100)
  }
}

function listed(body: unknown): Listed[] {
  if (typeof body !== 'object' || body === null || !('items' in body) || !Array.isArray(body.items)) return []
  const items: unknown[] = body.items
  return items.flatMap((item) => {
    if (typeof item !== 'object' || item === null || !('id' in item) || typeof item.id !== 'string') return []
    return [{ id: item.id, quantity: quantityOf(item) }]
  })
}

function quantityOf(item: object): number {
  const availability: unknown = 'availability' in item ? item.availability : undefined
  if (typeof availability !== 'object' || availability === null || !('quantity' in availability)) return 0
  return Number(availability.quantity)
}
