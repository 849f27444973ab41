import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { each, pipeline, type RawRequest } from './pipeline.ts'

/** A spelling, and whether it still names what it began with. */
type Spelling = readonly [text: string, readable: boolean]

/** What may stand before a type. White space around a header's value is not part of it. */
const ahead: Spelling[] = [
  ['', true],
  [' \t ', true],
  ['"', false],
  [';', false],
  [', ', false],
  ['\u00a0', false],
  ['x', false],
]

/** What may stand behind it; `v` is a version, which patches do not have. */
const behind: (readonly [text: string, readable: boolean | 'versioned'])[] = [
  ['', true],
  [' ', true],
  ['\t', true],
  [';', true],
  [' ;\t', true],
  [';;', true],
  [';charset=utf-8', true],
  ['\t;\tCharset="UTF-8"\t', true],
  ['; charset=utf-8;', true],
  [';version=2', 'versioned'],
  [' ; VERSION="2"', 'versioned'],
  ['; version="\\2"; charset=utf-8', 'versioned'],
  [';version=02', false],
  [';version=3', false],
  [';version=2;version=1', false],
  [';version=2;version=2', false],
  [';version', false],
  [';version=', false],
  [';version = 2', false],
  ['; charset=utf-7', false],
  ['; charset=utf-8; charset=utf-8', false],
  ['; charset=iso-8859-1', false],
  ['; boundary=x', false],
  ['; charset="utf-8', false],
  [' charset=utf-8', false],
  [',', false],
  [', text/plain', false],
  [', application/json', false],
  ['\tx', false],
  [' x', false],
  ['x', false],
  ['\u00a0', false],
  ['\u00ff', false],
]

const noTypes = [
  '',
  ' ',
  ';',
  '/',
  'json',
  'application',
  'application/',
  '/json',
  'text/plain',
  '*/*',
  'application/*',
]

function* spellings(types: readonly string[], takesVersion: boolean): Iterable<Spelling> {
  for (const type of types) {
    for (const [prefix, mayPrecede] of ahead) {
      for (const [suffix, mayFollow] of behind) {
        const follows = mayFollow === 'versioned' ? takesVersion : mayFollow
        yield [`${prefix}${type}${suffix}`, mayPrecede && follows]
      }
    }
    for (const [text, readable] of [
      [type.toUpperCase(), true],
      [type.replace('/', ' /'), false],
      [type.replace('/', '/\t'), false],
      [type.slice(0, -1), false],
    ] as const) {
      yield [text, readable]
    }
  }
  for (const type of noTypes) yield [type, false]
}

suite('Content-Type, in every spelling', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
  })

  const post = (...types: string[]): RawRequest => ({
    method: 'POST',
    target: '/orders',
    headers: [
      ['Authorization', `Bearer ${shop.token}`],
      ['Accept-Version', '2'],
      ['Idempotency-Key', 'spelling'],
      ...types.map((type) => ['Content-Type', type] as const),
    ],
    // To be placed it would take a validation that was skipped.
    body: '{"items":[{"productId":"desk","quantity":1}],"paymentToken":"pm_card_visa","free":true}',
  })
  const patch = (...types: string[]): RawRequest => ({
    ...post(...types),
    method: 'PATCH',
    target: '/users/me',
    headers: [['If-Match', '*'], ...post(...types).headers],
    body: '[{"op":"add","path":"/revision","value":7}]',
  })

  const assertAnswers = async (
    requests: RawRequest[],
    hold: (answer: Response, index: number) => Promise<void>,
  ) => {
    const batches = Array.from({ length: Math.ceil(requests.length / 50) }, (_, at) => at * 50)
    await each(batches, async (from) => {
      const batch = requests.slice(from, from + 50)
      const answers = await pipeline(shop.service.api, batch)
      assert.equal(answers.length, batch.length)
      for (const [index, answer] of answers.entries()) await hold(answer, from + index)
    })
  }

  test('of an order is read where it names one of its types, and then validation is never skipped', async () => {
    const types = ['application/json', 'application/vnd.holdfast+json', 'application/vnd.holdfast.order+json']
    const all = [...spellings(types, true)]
    await assertAnswers(
      all.map(([type]) => post(type)),
      async (answer, index) => {
        const [type, readable] = all[index] ?? ['', false]
        const slug = answer.status === 400 ? 'validation-failed' : 'unsupported-media-type'
        await assertProblem(answer, { slug, ...(readable ? {} : { headers: { 'accept-post': /json/ } }) })
        assert.equal(answer.status, readable ? 400 : 415, JSON.stringify(type))
      },
    )
  })

  test('of a patch is read where it names one of the two, and then what is not patchable stays', async () => {
    const all = [...spellings(['application/json-patch+json', 'application/merge-patch+json'], false)]
    await assertAnswers(
      all.map(([type]) => patch(type)),
      async (answer, index) => {
        const [type, readable] = all[index] ?? ['', false]
        const slug = answer.status === 422 ? 'patch-rejected' : 'unsupported-media-type'
        await assertProblem(answer, { slug, ...(readable ? {} : { headers: { 'accept-patch': /json/ } }) })
        assert.equal(answer.status, readable ? 422 : 415, JSON.stringify(type))
      },
    )
    for (const type of [
      'application/json',
      'application/vnd.holdfast.user+json',
      'application/vnd.holdfast+json',
    ]) {
      const [answer] = await pipeline(shop.service.api, [patch(type)])
      assert.ok(answer)
      await assertProblem(answer, { slug: 'unsupported-media-type' })
    }
  })

  test('that is missing, or stands there twice, is refused', async () => {
    const json = 'application/json'
    const merge = 'application/merge-patch+json'
    const requests = [
      post(),
      post(json, json),
      post(json, 'text/plain'),
      post('text/plain', json),
      patch(),
      patch(merge, merge),
      patch(merge, 'application/json-patch+json'),
      patch(json, merge),
    ]
    await assertAnswers(requests, async (answer) => {
      await assertProblem(answer, { slug: 'unsupported-media-type' })
    })
  })

  test('in none of its spellings has placed an order or changed a user', async () => {
    assert.equal(shop.payment.charges.size, 0)
    assert.deepEqual([...(await shop.sql`select id from orders`)], [])
    assert.deepEqual([...(await shop.sql`select revision from users where revision > 1`)], [])
    const errors = shop.service.logs.filter(({ level }) => Number(level) >= 50)
    assert.deepEqual(errors, [])
  })
})
