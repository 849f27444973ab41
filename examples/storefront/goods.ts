import type { Representations, Version } from '../../clients/typescript/src/client.ts'

/** A product as the page shows it, whichever version it came in. */
export interface Good {
  readonly id: string
  readonly name: string
  /** Version 1 knows none. */
  readonly description: string
  readonly price: Price
  readonly left: number
}

export interface Price {
  /** In minor units. */
  readonly amount: number
  /** Version 1 does not say. */
  readonly currency?: string
}

export function goodOf(product: Representations[Version]['Product']): Good {
  const { id, name } = product
  return 'stock' in product
    ? { id, name, description: '', price: { amount: product.price }, left: product.stock }
    : {
        id,
        name,
        description: product.description,
        price: product.price,
        left: product.availability.quantity,
      }
}

/** For people: with its currency where that is known, else the bare figure. */
export function inWords({ amount, currency }: Price): string {
  if (currency === undefined) return (amount / 100).toFixed(2)
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

const DRAWINGS: Readonly<Record<string, string>> = {
  desk: 'desk',
  chair: 'chair',
  footrest: 'chair',
  lamp: 'lamp',
  shelf: 'shelf',
  cabinet: 'cabinet',
  rug: 'textile',
  curtain: 'textile',
  clock: 'clock',
  pencil: 'pen',
  fountain: 'pen',
  bookend: 'books',
  plant: 'plant',
  globe: 'globe',
  typewriter: 'typewriter',
}

/** Ids of the demo catalogue begin with what the thing is. */
export function drawingOf({ id }: Good): string {
  return DRAWINGS[id.split('-')[0] ?? ''] ?? 'paper'
}
