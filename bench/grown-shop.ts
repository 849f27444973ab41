import type { Bench } from './bench.ts'
import { type DatabaseServer, execute, PEOPLE, PRODUCTS } from './database.ts'

/** Of this person there are pages of orders without end. */
export const COLLECTOR = 0

/**
 * The shop after a year and so many orders, in the states that orders end in. A quarter of them are the collector's,
 * another quarter everybody's, the rest belongs to customers with ten each. What is kept for a day (the keys, the
 * finished jobs) is there for the newest tenth, which is more than a day has of a year.
 *
 * @returns the URL of its database, which nobody is connected to
 */
export async function createGrownShop(
  bench: Bench,
  database: DatabaseServer,
  orders: number,
): Promise<string> {
  const url = await database.fresh(bench)
  const steps = [
    customers(orders),
    ordersOfAYear(orders),
    STOCK_IS_TAKEN,
    keysOfTheNewest(orders / 10),
    jobsOfTheNewest(orders / 10),
    'vacuum analyze',
    'checkpoint',
  ]
  for (const step of steps) await execute(url, step)
  return url
}

/** Keys whose time is over, as many as wait for the reaper. */
export async function addExpiredKeys(url: string, count: number): Promise<void> {
  await execute(url, expiredKeys(count))
  await execute(url, 'vacuum analyze idempotency_keys')
}

const customers = (orders: number) => `
  insert into users (id, name, email)
  select 'customer-' || n, 'Customer ' || n, 'customer-' || n || '@shop.test'
  from generate_series(0, ${Math.floor(orders / 20)}) n`

/** Ids are UUIDv7 of the moment, as the service makes them: new ones go to the right edge of every index. */
const ordersOfAYear = (orders: number) => `
  insert into orders (id, principal, status, payment_status, currency, total, lines, idempotency_key,
                      payment_reference, decline_code, revision, created_at, updated_at)
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || left(digest, 3)
            || '8' || substr(digest, 4, 15))::uuid,
         case n % 4 when 0 then 'person-${COLLECTOR}' when 1 then 'person-' || n / 4 % ${PEOPLE}
           else 'customer-' || n / 20 end,
         status,
         case status when 'paid' then 'captured' when 'cancelled' then 'refunded' else 'declined' end,
         'USD', price,
         jsonb_build_array(jsonb_build_object('productId', 'product-' || product, 'name', 'Product ' || product,
           'quantity', 1, 'unitPrice', price, 'subtotal', price)),
         gen_random_uuid(), case when status <> 'payment_failed' then 'pi_' || digest end,
         case status when 'payment_failed' then 'generic_decline' end, 2, at, at
  from generate_series(1, ${orders}) n,
       lateral (select n % ${PRODUCTS} as product, 1000 + n % ${PRODUCTS} as price, md5(n::text) as digest,
                       case when n % 50 = 7 then 'payment_failed' when n % 20 = 3 then 'cancelled' else 'paid'
                       end as status,
                       date_trunc('milliseconds', now() - interval '1 hour'
                         - (${orders} - n) * interval '1 year' / ${orders}) as at) as made`

const STOCK_IS_TAKEN = `
  update products set stock = stock - sold.count
  from (select lines -> 0 ->> 'productId' as id, count(*) from orders where status = 'paid' group by 1) as sold
  where sold.id = products.id`

const newest = (count: number) => `(select * from orders order by id desc limit ${Math.floor(count)})`

const keysOfTheNewest = (count: number) => `
  insert into idempotency_keys (principal, route, key, fingerprint, order_id, request,
                                response_status, response_headers, response_body, expires_at)
  select principal, 'POST /orders', idempotency_key, sha256(idempotency_key::bytea), id, ${REQUEST},
         case status when 'payment_failed' then 402 else 201 end, ${headers('id')}, repeat('x', 560),
         now() + interval '1 hour' + random() * interval '22 hours'
  from ${newest(count)} as orders`

const jobsOfTheNewest = (count: number) => `
  insert into pgboss.job (id, name, data, state, created_on, start_after, started_on, completed_on, keep_until, policy)
  select orders.id, queue.name, jsonb_build_object('orderId', orders.id, 'mail', 'order-paid', 'requestId', orders.id),
         'completed', at, at, at, at, at + interval '14 days', queue.policy
  from ${newest(count)} as orders, pgboss.queue as queue, lateral (select now() - interval '1 hour' as at) as moment
  where queue.name = 'send-mail'`

const expiredKeys = (count: number) => `
  insert into idempotency_keys (principal, route, key, fingerprint, order_id, request,
                                response_status, response_headers, response_body, expires_at)
  select 'person-' || n % ${PEOPLE}, 'POST /orders', id, sha256(id::text::bytea), id, ${REQUEST}, 201, ${headers('id')},
         repeat('x', 560), now() - random() * interval '1 hour'
  from generate_series(1, ${count}) n, lateral (select gen_random_uuid() as id where n > 0) as made`

const REQUEST = `jsonb_build_object('version', 2, 'requestId', gen_random_uuid(),
    'mediaType', 'application/vnd.holdfast.order+json; version=2')`

const headers = (id: string) => `jsonb_build_object(
    'content-type', 'application/vnd.holdfast.order+json; version=2', 'location', '/orders/' || ${id}, 'etag', '"' || ${id} || '"')`
