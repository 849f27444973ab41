import { fromUuid } from '#src/orders/order-id.ts'
import type { OrderRow } from '#src/orders/order-row.ts'
import type { Ordered } from './customer.ts'
import { subjectOf } from './customer.ts'
import { moneyOf } from './money.ts'
import { PRODUCTS, type StormOptions } from './plan.ts'
import type { Scene } from './scene.ts'

export interface Violation {
  what: string
  orderId?: string | undefined
  /** The order's UUID, where that is all that is known. */
  uuid?: string | undefined
  /** `principal/key` */
  key?: string | undefined
}

/** Looks from the outside, at what there is when nothing moves any more, for anything that must not be. */
export async function violationsOf(
  scene: Scene,
  all: Ordered[],
  options: StormOptions,
): Promise<Violation[]> {
  const { sql } = scene.database
  const rows = (await sql<{ row: OrderRow }[]>`select to_jsonb(orders) as row from orders`).map(
    ({ row }) => row,
  )
  const orders = new Map(rows.map((row) => [fromUuid(row.id), row]))
  return [
    ...(await stockIsConserved(scene)),
    ...promisesAreKept(all, orders),
    ...(await keysLeadToOrders(scene)),
    ...moneyOf(scene, orders),
    ...(await nothingIsLeftOver(scene, options)),
    ...scene.fleet.dying().map((what) => ({ what })),
  ]
}

async function stockIsConserved({ database: { sql } }: Scene): Promise<Violation[]> {
  const rows = await sql<{ id: string; stock: number; sold: number }[]>`
    select products.id, products.stock, coalesce(sum(line.quantity), 0)::int as sold
    from products left join (
      select product_id, quantity from order_lines join orders on orders.id = order_id
      where status in ('pending', 'payment_pending', 'paid')
    ) as line on line.product_id = products.id
    group by products.id
  `
  return rows.flatMap(({ id, stock, sold }) => {
    const initial = PRODUCTS.find((product) => product.id === id)?.stock
    return stock >= 0 && initial === stock + sold
      ? []
      : [{ what: `of ${initial} ${id}, ${stock} are left and ${sold} are sold` }]
  })
}

/** What a client was told is what there is. */
function promisesAreKept(all: Ordered[], orders: Map<string, OrderRow>): Violation[] {
  return all.flatMap((ordered) => {
    const broken = (what: string) => [{ what, ...subjectOf(ordered) }]
    const { answers, orderId, plan } = ordered
    if (orderId === undefined || answers.length === 0) return []
    const order = orders.get(orderId)
    if (order === undefined) return broken('acknowledged, and lost')
    if (order.idempotency_key !== ordered.key || order.principal !== ordered.principal)
      return broken('its order belongs to another key')
    if (order.total !== totalOf(plan.items) || !isBought(plan.items, order))
      return broken('not what was ordered')
    if (ordered.cancelled && order.status !== 'cancelled')
      return broken(`called off, but it is ${order.status}`)
    const status = answers[0]?.status
    if (status === 402 && order.status !== 'payment_failed')
      return broken(`declined, but it is ${order.status}`)
    return []
  })
}

const totalOf = (items: { productId: string; quantity: number }[]) =>
  items.reduce(
    (sum, { productId, quantity }) =>
      sum + quantity * (PRODUCTS.find(({ id }) => id === productId)?.price ?? NaN),
    0,
  )

function isBought(items: { productId: string; quantity: number }[], { lines }: OrderRow): boolean {
  const asked = new Map<string, number>()
  for (const { productId, quantity } of items) asked.set(productId, (asked.get(productId) ?? 0) + quantity)
  return lines.length === asked.size && lines.every((line) => asked.get(line.productId) === line.quantity)
}

/** Every key has its order and its answer, every order its key, and no key two orders. */
async function keysLeadToOrders({ database: { sql } }: Scene): Promise<Violation[]> {
  const rows = await sql<{ uuid: string; key: string; what: string }[]>`
    select coalesce(orders.id, known.order_id) as uuid,
           coalesce(orders.principal || '/' || orders.idempotency_key, known.principal || '/' || known.key) as key,
           case when orders.id is null then 'a key without its order'
                when known.key is null then 'an order without its key'
                else 'a key without its answer' end as what
    from orders full join idempotency_keys known on known.order_id = orders.id
    where orders.id is null or known.key is null or known.response_status is null
    union all
    select min(id::text)::uuid, principal || '/' || idempotency_key, count(*) || ' orders under one key'
    from orders group by principal, idempotency_key having count(*) > 1
  `
  return [...rows]
}

async function nothingIsLeftOver({ database: { sql } }: Scene, options: StormOptions): Promise<Violation[]> {
  const tokens = await sql<{ uuid: string }[]>`select id as uuid from orders where payment_token is not null`
  const dead = await sql<{ name: string; data: { orderId: string }; output: unknown }[]>`
    select name, data, output from pgboss.job where name like '%-dead' and state = 'created'
  `
  const [sessions] = await sql<{ open: number; in_transaction: number }[]>`
    select count(*)::int as open, count(*) filter (where state like 'idle in%')::int as in_transaction
    from pg_stat_activity where application_name like 'holdfast%'
  `
  // Ten for the service, two for its jobs.
  const most = options.services * 12 + options.workers * 12
  const connections = (sessions?.open ?? 0) > most || (sessions?.in_transaction ?? 0) > 0
  return [
    ...tokens.map(({ uuid }) => ({ what: 'its payment token is still there', uuid })),
    ...dead.map(({ name, data, output }) => ({
      what: `a dead letter in ${name}: ${JSON.stringify(output)}`,
      uuid: data.orderId,
    })),
    ...(connections
      ? [{ what: `connections are left over: ${JSON.stringify(sessions)}, at most ${most}` }]
      : []),
  ]
}
