import { createRandom } from '../../sandbox/random.ts'
import type { Crash } from './database.ts'

export interface StormOptions {
  seed: number
  /** Phones that order, one order after the other. */
  clients: number
  /** Orders in a round, of all clients together. */
  orders: number
  /** What befalls a round, each at a moment of its own. */
  kills: number
  crashes: number
  terminations: number
  cuts: number
  /** Processes with ROLE=all, and with ROLE=worker. */
  services: number
  workers: number
  /** How long a round blows. */
  seconds: number
}

/** What a phone is going to order, when, and how its owner behaves. */
export interface PlannedOrder {
  atMs: number
  version: 1 | 2
  items: { productId: string; quantity: number }[]
  paymentToken: string
  /** How many times the request is sent at once: an impatient thumb. */
  thumbs: number
  /** The phone is put away after the first failure: nobody ever asks again. */
  abandons: boolean
  /** Called off so long after the answer; undefined: kept. */
  cancelAfterMs: number | undefined
}

export interface Product {
  id: string
  price: number
  stock: number
}

/** Two that everybody wants and few get, several that there is enough of, and one that costs nothing. */
export const PRODUCTS: Product[] = [
  { id: 'hot-lamp', price: 2500, stock: 25 },
  { id: 'hot-chair', price: 9900, stock: 40 },
  { id: 'cup', price: 799, stock: 100_000 },
  { id: 'desk', price: 45_000, stock: 100_000 },
  { id: 'shelf', price: 12_345, stock: 100_000 },
  { id: 'leaflet', price: 0, stock: 100_000 },
]

export function planOrders(options: StormOptions, round: number, client: number): PlannedOrder[] {
  const random = createRandom(options.seed, `client ${client} of round ${round}`)
  const count = Math.ceil(options.orders / options.clients)
  const plan = Array.from({ length: count }, (): PlannedOrder => {
    const lines = 1 + Math.floor(random() ** 2 * 4)
    const items = Array.from({ length: lines }, () => {
      const product = PRODUCTS[Math.floor(random() * PRODUCTS.length)] ?? { id: 'cup' }
      return { productId: product.id, quantity: 1 + Math.floor(random() * 3) }
    })
    return {
      atMs: random() * options.seconds * 1000,
      version: items.length === 1 && random() < 0.3 ? 1 : 2,
      items,
      paymentToken: random() < 0.15 ? 'pm_card_visa_chargeDeclined' : 'pm_card_visa',
      thumbs: random() < 0.15 ? 2 + Math.floor(random() * 3) : 1,
      abandons: random() < 0.1,
      cancelAfterMs: random() < 0.25 ? random() ** 2 * 3_000 : undefined,
    }
  })
  return plan.sort((a, b) => a.atMs - b.atMs)
}

export interface Blow {
  atMs: number
  what: 'kill' | 'terminate' | 'cut' | Crash
}

const CRASHES: Crash[] = ['a backend is killed', 'immediate shutdown', 'stopped']

/** When what befalls the service and its database. */
export function planBlows(options: StormOptions, round: number): Blow[] {
  const random = createRandom(options.seed, `blows of round ${round}`)
  const blows = (count: number, what: () => Blow['what']) =>
    Array.from({ length: count }, () => ({ atMs: random() * options.seconds * 1000, what: what() }))
  return [
    ...blows(options.kills, () => 'kill'),
    ...blows(options.terminations, () => 'terminate'),
    ...blows(options.cuts, () => 'cut'),
    ...blows(options.crashes, () => CRASHES[Math.floor(random() * CRASHES.length)] ?? 'stopped'),
  ].sort((a, b) => a.atMs - b.atMs)
}
