import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { ProblemSlug } from '#src/problems.ts'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { tokenOf } from '../support/shop.ts'

const ORDER = 'application/vnd.holdfast.order+json'
const MERGE_PATCH = 'application/merge-patch+json'
const MISSING = 'ord_01h455vb4pex5vsknk084sn02q'

/** What a request is made of. A fault changes one thing about a good one. */
interface Request {
  api: string
  method: string
  path: string
  headers: Record<string, string | undefined>
  body: string
}

interface Fault {
  slug: ProblemSlug
  spoil: (request: Request) => Request
}

const header = (name: string, value: string | undefined) => (request: Request) => ({
  ...request,
  headers: { ...request.headers, [name]: value },
})
const body = (text: string) => (request: Request) => ({ ...request, body: text })

suite('Of several things that are wrong with a request, the first in the published order is told', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront
  let limited: string
  let open: string
  let closed: string
  let token: string

  before(async () => {
    const env = { API_V1_DEPRECATION: '2020-01-01', API_V1_SUNSET: '2021-01-01' }
    shop = await openShop(lifetime, { env })
    // As long as all of this takes, on whatever machine.
    limited = (await shop.startAnother({ RATE_LIMIT_MAX: '1', RATE_LIMIT_WINDOW_SECONDS: '3600' })).api
    token = await tokenOf('somebody')
    // Both of those that the limit counts have nothing left: the principal, and the address.
    for (const headers of [{ authorization: `Bearer ${token}` }, undefined]) {
      await fetch(`${limited}/products`, headers && { headers })
    }
    open = `/orders/${(await shop.order()).id}`
    closed = `/orders/${(await shop.order()).id}`
    await shop.ask('POST', `${closed}/cancel`)
    await shop.order({ note: 'first' }, 'used')
  })

  // What is wrong, in the order of refusal. The faults that all operations can have:
  const path: Fault = { slug: 'not-found', spoil: (request) => ({ ...request, path: '/nothing' }) }
  const method: Fault = { slug: 'method-not-allowed', spoil: (request) => ({ ...request, method: 'PUT' }) }
  const rate: Fault = { slug: 'rate-limited', spoil: (request) => ({ ...request, api: limited }) }
  const identity: Fault = { slug: 'unauthorized', spoil: header('authorization', 'Bearer none') }
  const version: Fault[] = [
    { slug: 'not-acceptable', spoil: header('accept', 'image/png') },
    { slug: 'version-sunset', spoil: header('accept', 'application/vnd.holdfast+json; version=1') },
    { slug: 'malformed-request', spoil: header('accept-version', 'two') },
  ]
  const type: Fault = { slug: 'unsupported-media-type', spoil: header('content-type', 'text/plain') }
  const key: Fault[] = [
    { slug: 'idempotency-key-missing', spoil: header('idempotency-key', undefined) },
    { slug: 'idempotency-key-invalid', spoil: header('idempotency-key', '""') },
  ]
  const syntax: Fault = { slug: 'malformed-request', spoil: body('{"note":') }
  const size: Fault = { slug: 'payload-too-large', spoil: body(`"${'x'.repeat(300_000)}"`) }

  const line = (productId: string, quantity: number) =>
    JSON.stringify({ items: [{ productId, quantity }], paymentToken: 'pm_card_visa_chargeDeclined' })

  /** Every step of each operation; what stands in one step excludes each other. */
  const operations: Record<string, { good: () => Request; steps: Fault[][] }> = {
    'POST /orders': {
      good: () => ({
        ...request('POST', '/orders'),
        headers: { ...headers(), 'content-type': `${ORDER}; version=2`, 'idempotency-key': 'fresh' },
        body: line('desk', 1),
      }),
      steps: [
        [path],
        [method],
        [rate],
        [identity],
        version,
        [type],
        key,
        [syntax, size, { slug: 'validation-failed', spoil: body(line('desk', 0)) }],
        [{ slug: 'idempotency-key-reused', spoil: header('idempotency-key', 'used') }],
        [{ slug: 'not-found', spoil: body(line('none', 1)) }],
        [
          {
            slug: 'insufficient-stock',
            spoil: body(
              JSON.stringify({
                items: [
                  { productId: 'desk', quantity: 999 },
                  { productId: 'lamp', quantity: 999 },
                ],
                paymentToken: 'pm_card_visa',
              }),
            ),
          },
        ],
      ],
    },
    'PATCH /orders/{id}': {
      good: () => ({
        ...request('PATCH', open),
        headers: { ...headers(), 'content-type': MERGE_PATCH, 'if-match': '*' },
        body: '{"note":"good"}',
      }),
      steps: [
        [path],
        [{ slug: 'method-not-allowed', spoil: (request) => ({ ...request, method: 'POST' }) }],
        [rate],
        [identity],
        version,
        [type],
        [syntax, size],
        [{ slug: 'not-found', spoil: (request) => ({ ...request, path: `/orders/${MISSING}` }) }],
        [
          { slug: 'precondition-required', spoil: header('if-match', undefined) },
          { slug: 'precondition-failed', spoil: header('if-match', '"stale"') },
        ],
        [{ slug: 'order-closed', spoil: (request) => ({ ...request, path: closed }) }],
        [{ slug: 'patch-rejected', spoil: body('{"status":"paid"}') }],
      ],
    },
    'POST /orders/{id}/cancel': {
      good: () => request('POST', `${open}/cancel`),
      steps: [
        [path],
        [method],
        [rate],
        [identity],
        version,
        [{ slug: 'not-found', spoil: (request) => ({ ...request, path: `/orders/${MISSING}/cancel` }) }],
        [{ slug: 'precondition-failed', spoil: header('if-match', '"stale"') }],
      ],
    },
    'GET /orders': {
      good: () => request('GET', '/orders'),
      steps: [
        [path],
        [method],
        [rate],
        [identity],
        version,
        [
          {
            slug: 'validation-failed',
            spoil: (request) => ({ ...request, path: '/orders?limit=0&status=none' }),
          },
        ],
      ],
    },
    'PATCH /users/me': {
      good: () => ({
        ...request('PATCH', '/users/me'),
        headers: { ...headers(), 'content-type': MERGE_PATCH, 'if-match': '*' },
        body: '{"name":"good"}',
      }),
      steps: [
        [path],
        [method],
        [rate],
        [identity],
        version,
        [type],
        [syntax, size],
        [
          { slug: 'precondition-required', spoil: header('if-match', undefined) },
          { slug: 'precondition-failed', spoil: header('if-match', '"stale"') },
        ],
        [{ slug: 'patch-rejected', spoil: body('{"id":"other"}') }],
      ],
    },
  }

  const headers = () => ({
    authorization: `Bearer ${token}`,
    accept: 'application/vnd.holdfast+json; version=2',
  })
  const request = (verb: string, url: string): Request => ({
    api: shop.service.api,
    method: verb,
    path: url,
    headers: headers(),
    body: '',
  })

  async function send({ api, method, path, headers, body }: Request): Promise<Response> {
    const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
    return await fetch(`${api}${path}`, { method, headers: given, ...(body === '' ? {} : { body }) })
  }

  for (const [name, { good, steps }] of Object.entries(operations)) {
    test(`${name}: each fault is told by itself`, async () => {
      for (const { slug, spoil } of steps.flat()) await assertProblem(await send(spoil(good())), { slug })
    })

    // Applied from the last to the first, so that where both change one thing, the first one stands.
    test(`${name}: any earlier fault is told before a later one`, async () => {
      for (const [at, earlier] of steps.entries()) {
        for (const first of earlier) {
          for (const second of steps.slice(at + 1).flat()) {
            const answer = await send(first.spoil(second.spoil(good())))
            const { status } = answer
            await assertProblem(answer, { slug: first.slug }).catch((error: unknown) =>
              assert.fail(`${first.slug} before ${second.slug}, got ${status}: ${String(error)}`),
            )
          }
        }
      }
    })

    test(`${name}: with everything wrong from one on, that one is told`, async () => {
      for (const [at, [first]] of steps.entries()) {
        if (first === undefined) continue
        const rest = steps.slice(at).flatMap(([fault]) => fault ?? [])
        const spoiled = rest.toReversed().reduce((spoiled, { spoil }) => spoil(spoiled), good())
        await assertProblem(await send(spoiled), { slug: first.slug })
      }
    })
  }
})
