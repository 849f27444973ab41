import fp from 'fastify-plugin'
import type { Database } from '#plugins/database.ts'
import type { ProblemFormat } from '#plugins/problem-details.ts'
import type { Email } from '../dependencies/email.ts'
import type { Inventory } from '../dependencies/inventory.ts'
import type { Payment } from '../dependencies/payment.ts'
import { createAnswers } from './answers.ts'
import { createFinishOrder } from './finish-order.ts'
import { type OrderEvents, outcomeOf } from './outcomes.ts'
import type { PlaceStatementOptions } from './place-statement.ts'
import { createOrderStore, type OrderStore } from './store.ts'
import { type OrderVersions, orderVersions } from './versions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What the order routes work with. */
    orders: Orders
  }
}

export interface OrdersOptions extends PlaceStatementOptions {
  database: Database
  payment: Payment
  inventory: Inventory
  email: Email
  problems: ProblemFormat
  /** Told the ids of products whose stock an order changed, or may have. */
  stockChanged: (productIds: string[]) => void
  /** Told what becomes of orders and keys. */
  events?: OrderEvents
  /** The forms orders are read and written in; those of this release if left out. */
  versions?: OrderVersions
  /** The clock; the system's if left out. */
  now?: () => Date
}

export type Orders = ReturnType<typeof createOrders>

/** The order room: store, versions and use cases, shared by the routes and the jobs. */
export function createOrders(options: OrdersOptions) {
  const { database, payment, inventory, email, problems, stockChanged } = options
  const { versions = orderVersions, now = () => new Date(), events = nobody } = options
  const store = tellingMoves(createOrderStore(database, options), events, stockChanged)
  const answers = createAnswers(versions, problems)
  const finish = createFinishOrder({ store, payment, inventory, answers, now })
  return { store, payment, inventory, email, versions, finish, stockChanged, now, events }
}

const nobody: OrderEvents = { outcome() {}, key() {} }

/** Every change of an order is a move, whoever makes it: so here is where its outcomes are known, and what it gave back. */
function tellingMoves(
  store: OrderStore,
  events: OrderEvents,
  stockChanged: OrdersOptions['stockChanged'],
): OrderStore {
  return {
    ...store,
    async move(request) {
      const { from, restock } = request.move
      try {
        const result = await store.move(request)
        const outcome = result.moved ? outcomeOf(request.move) : undefined
        if (outcome !== undefined) events.outcome(outcome)
        return result
      } finally {
        // Also without an answer: it may have been moved all the same.
        if (restock) stockChanged(from.lines.map(({ productId }) => productId))
      }
    },
  }
}

/** Hands the order room to its routes. */
export const orders = fp<{ orders: Orders }>(
  async (app, options) => {
    app.decorate('orders', options.orders)
  },
  { name: 'orders', fastify: '5.x' },
)
