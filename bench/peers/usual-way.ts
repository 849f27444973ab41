import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastify from 'fastify'
import { jwtVerify } from 'jose'
import { Pool } from 'pg'
import { chargeAndReserve } from './usual-way/dependencies.ts'
import { findAnswer, type Item, inTransaction, type KeyOwner, place, settle } from './usual-way/orders.ts'

/**
 * The same order as a good tutorial has it: Fastify with its logger, CORS, security headers, a rate limit, a schema, a
 * token; a look whether the key is known; one transaction of sequential statements to place, the calls, one transaction
 * to settle. It keeps the stock and charges once as long as nothing dies and nobody asks twice at once.
 *
 * Where the usual differs from team to team, this takes what is faster: Fastify, not Express; no metrics or tracing,
 * which the service has; no object mapper, but SQL. It makes the same calls, in the same order, and leaves the mail to
 * a worker that is not there, as the service does.
 *
 * With `TRANSACTIONS=one` all of it is a single transaction, open while others are called: less to write, for an error
 * undoes everything, and every lock is held for as long as the calls take.
 */
const secret = new TextEncoder().encode(process.env.AUTH_JWT_SECRET)
/** As many as the service has; also what `pg` has by itself. Each is held for a transaction. */
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 })

const app = fastify({ logger: { level: 'info' } })
await app.register(cors)
await app.register(helmet)
await app.register(rateLimit, { max: 1_000_000_000 })
app.addContentTypeParser(/^application\/.*json/, { parseAs: 'string' }, (_request, body, done) =>
  done(null, JSON.parse(String(body))),
)

const item = {
  type: 'object',
  required: ['productId', 'quantity'],
  properties: { productId: { type: 'string' }, quantity: { type: 'integer', minimum: 1, maximum: 999 } },
}
const body = {
  type: 'object',
  required: ['items', 'paymentToken'],
  properties: { items: { type: 'array', minItems: 1, items: item }, paymentToken: { type: 'string' } },
}
const headers = {
  type: 'object',
  required: ['idempotency-key', 'authorization'],
  properties: { 'idempotency-key': { type: 'string' }, authorization: { type: 'string' } },
}

interface OrderRoute {
  Body: { items: Item[]; paymentToken: string }
  Headers: { 'idempotency-key': string; authorization: string }
}

app.post<OrderRoute>('/orders', { schema: { body, headers } }, async (request, reply) => {
  const { payload } = await jwtVerify(request.headers.authorization.replace('Bearer ', ''), secret)
  const owner = { userId: payload.sub ?? '', key: request.headers['idempotency-key'] }
  const hash = JSON.stringify(request.body)

  const known = await findAnswer(pool, owner)
  if (known !== undefined && known.hash !== hash) return reply.code(422).send({ error: 'key reused' })
  if (known !== undefined) return reply.code(known.status ?? 409).send(known.body ?? { error: 'in flight' })

  const answer = await order(owner, hash, request.body)
  if (answer === undefined) return reply.code(409).send({ error: 'insufficient stock' })
  return reply.code(201).header('location', `/orders/${answer.id}`).send(answer)
})

/** @returns undefined when there is not enough of something */
const order = process.env.TRANSACTIONS === 'one' ? inOneTransaction : inTwoTransactions

async function inTwoTransactions(owner: KeyOwner, hash: string, { items, paymentToken }: OrderRoute['Body']) {
  const placed = await inTransaction(pool, (client) => place(client, owner, hash, items))
  if (placed === undefined) return undefined
  const reference = await chargeAndReserve(placed, items, paymentToken)
  return await inTransaction(pool, (client) => settle(client, owner, placed, reference))
}

function inOneTransaction(owner: KeyOwner, hash: string, { items, paymentToken }: OrderRoute['Body']) {
  return inTransaction(pool, async (client) => {
    const placed = await place(client, owner, hash, items)
    if (placed === undefined) return undefined
    const reference = await chargeAndReserve(placed, items, paymentToken)
    return await settle(client, owner, placed, reference)
  })
}

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
