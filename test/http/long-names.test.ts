import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { ProblemSlug } from '#src/problems.ts'
import { JSON_PATCH, openShop, patching, type ShopFront } from '../orders/shop-front.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'

/** Each becomes three characters where it stands in a pointer. */
const LONG = ' '.repeat(120_000)
const many = (text: string, count: number) => new Array(count).fill(text).join()

/** More than any of these bodies; the answers were tens of megabytes, and took the process with them. */
const MOST_BYTES = 300_000

describe('A body with a name as long as it may be, and wrong all over', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
  })

  const bodies: [string, ProblemSlug, () => Promise<Response>][] = [
    ['named twice', 'malformed-request', () => post(`{"${LONG}":{${many('"a":1', 10_000)}}}`)],
    ['unknown members', 'validation-failed', () => post(`{"${LONG}":1,"${LONG} ":1}`)],
    [
      'forbidden names in a merge patch',
      'patch-rejected',
      () => patch(`{"preferences":{"${LONG}":[${many('{"constructor":1}', 7_000)}]}}`),
    ],
    [
      'forbidden names in a JSON Patch',
      'patch-rejected',
      () =>
        patch(
          `[{"op":"add","path":"/preferences/x","value":{"${LONG}":[${many('{"prototype":1}', 7_000)}]}}]`,
          JSON_PATCH,
        ),
    ],
    [
      'places that cannot be patched',
      'patch-rejected',
      () => patch(`{"${LONG}":1,${Array.from({ length: 10_000 }, (_, index) => `"${index}":1`)}}`),
    ],
    [
      'names at every level',
      'patch-rejected',
      () =>
        patch(
          `{"preferences":${`{"${' '.repeat(5_000)}":`.repeat(14)}[${many('{"constructor":1}', 7_000)}]${'}'.repeat(14)}}`,
        ),
    ],
  ]

  function post(body: string): Promise<Response> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'long' }
    return shop.ask('POST', '/orders', { headers, body })
  }

  function patch(body: string, type?: string): Promise<Response> {
    const headers = { accept: '*/*', ...patching('*', type) }
    return shop.ask('PATCH', '/users/me', { headers, body })
  }

  for (const [what, slug, ask] of bodies) {
    test(`gets an answer that is short: ${what}`, async () => {
      const answer = await ask()
      const size = (await answer.clone().arrayBuffer()).byteLength
      assert.ok(size < MOST_BYTES, `${size} bytes`)
      const { errors } = await assertProblem(answer, { slug })
      assert.ok(Array.isArray(errors) && errors.length > 0 && errors.length <= 100)
      for (const { pointer } of errors) assert.doesNotThrow(() => decodeURIComponent(pointer), pointer)
    })
  }
})
