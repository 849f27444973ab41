import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { ProblemFormat } from '#plugins/problem-details.ts'
import type { Cursors } from '#plugins/cursor.ts'
import type { Email } from '../dependencies/email.ts'
import type { Inventory } from '../dependencies/inventory.ts'
import type { Payment } from '../dependencies/payment.ts'
import { createAnswers } from './answers.ts'
import { createFinishOrder } from './finish-order.ts'
import type { PlaceStatementOptions } from './place-statement.ts'
import { createOrderStore } from './store.ts'
import { orderVersions, type OrderVersions } from './versions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What the order routes and the order jobs work with. */
    orders: Orders
  }
}

export interface OrdersOptions extends PlaceStatementOptions {
  payment: Payment
  inventory: Inventory
  email: Email
  problems: ProblemFormat
  cursors: Cursors
  /** Where a principal wants its mail, now; null where nobody knows. */
  emailOf: (principal: string) => Promise<string | null>
  /** The forms orders are read and written in; those of this release if left out. */
  versions?: OrderVersions
  /** The clock; the system's if left out. */
  now?: () => Date
}

export type Orders = ReturnType<typeof createOrders>

function createOrders(app: FastifyInstance, options: OrdersOptions) {
  const { payment, inventory, email, emailOf, cursors, versions = orderVersions, now = () => new Date() } = options
  const store = createOrderStore(app.database, options)
  const answers = createAnswers(versions, options.problems)
  const finish = createFinishOrder({ store, payment, inventory, answers, now })
  return { store, versions, cursors, answers, finish, payment, inventory, email, emailOf, now }
}

/** The order room: store, versions and use cases, shared by the routes and the jobs. */
export const orders = fp<OrdersOptions>(
  async (app, options) => {
    app.decorate('orders', createOrders(app, options))
  },
  { name: 'orders', fastify: '5.x', dependencies: ['database'] },
)
