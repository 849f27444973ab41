import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { bodyOf, stock, tokenOf } from '../support/shop.ts'
import { assertDocumented } from './assert-documented.ts'
import { answersOf, asTree, operations, resolve, type Tree } from './document.ts'

/** Every example of a request body, in every media type that it stands under. */
const requests = operations.flatMap(({ name, operation }) => {
  const content = Object.entries(asTree(asTree(operation.requestBody ?? {}).content ?? {}))
  return content.flatMap(([type, media]) =>
    Object.entries(asTree(asTree(media).examples)).map(([example, reference]) => ({
      name,
      type,
      example,
      body: resolve(reference).value,
      success: answersOf(operation).find(([status]) => status.startsWith('2'))?.[0] ?? '',
    })),
  )
})

const placed = Object(resolve({ $ref: '#/components/examples/CreateOrderV2' }).value)

suite('Every example of a request that the document shows', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront
  before(async () => {
    shop = await openShop(lifetime)
    await stock(shop.sql, { 'desk-walnut': 100 })
  })

  test('is found, for there are seven and more', () => assert.ok(requests.length >= 7))

  for (const { name, type, example, body, success } of requests) {
    const [method = '', template = ''] = name.split(' ')
    // A body in plain JSON is read in the version of the answer; the example says which that is.
    const versions = /V(\d)$/.exec(example)?.slice(1) ?? ['1', '2']
    for (const version of versions) {
      test(`${example} as ${type} is taken by ${name}, and answered ${success} in version ${version}`, async () => {
        // The order that the examples of patches are about is the one in the example of placing one.
        const order = template.includes('{id}') ? await shop.order(placed) : { id: '' }
        const path = template.replace('{id}', order.id)
        const headers = {
          accept: `application/vnd.holdfast+json; version=${version}`,
          'content-type': type,
          'idempotency-key': `${example} ${type} ${version}`.replaceAll(/[^a-z\d]/gi, '-'),
          'if-match': '*',
        }
        const answer = await shop.ask(method, path, { headers, body })
        const { status } = answer
        assert.equal(String(status), success, await answer.clone().text())
        assertDocumented(name, { status, headers: answer.headers, text: await answer.clone().text() })
        assertMade(body, await bodyOf(answer), Number(version))
      })
    }
  }

  for (const { name, path, operation } of operations) {
    const outcome = path.startsWith('/orders/{id}') ? 'answered that there is none' : 'done'
    test(`${name} is ${outcome} as the reader fills it in, whichever type is chosen`, async () => {
      const [method = ''] = name.split(' ')
      const [[success = '', answer] = []] = answersOf(operation)
      for (const accept of ['*/*', ...Object.keys(asTree(answer?.content))]) {
        const { target, headers, ...rest } = filledIn(path, operation)
        // Each a customer of its own: with the same key, what another type is asked for is another request.
        const token = await tokenOf(accept)
        const { status } = await shop.ask(method, target, { ...rest, token, headers: { ...headers, accept } })
        assert.equal(status, outcome === 'done' ? Number(success) : 404, accept)
      }
    })
  }
})

/** The request that stands in the reader before anybody types: the examples of parameters, the first one of a body. */
function filledIn(path: string, { parameters, requestBody }: Tree) {
  const given = [parameters]
    .flat()
    .map(resolve)
    .filter(({ example }) => example !== undefined)
  const of = (place: string): [string, string][] =>
    given.filter((each) => each.in === place).map(({ name, example }) => [String(name), String(example)])
  const target = of('path').reduce((url, [name, example]) => url.replace(`{${name}}`, example), path)
  const headers = Object.fromEntries(of('header'))
  const request = { target: `${target}?${new URLSearchParams(of('query'))}`, headers }
  if (requestBody === undefined) return request
  const [[type = '', media] = []] = Object.entries(asTree(asTree(requestBody).content))
  const [example] = Object.values(asTree(asTree(media).examples))
  return { ...request, headers: { ...headers, 'content-type': type }, body: resolve(example).value }
}

/** What was asked for is in what was made, as far as the version shows it. */
function assertMade(asked: unknown, made: Record<string, unknown>, version: number): void {
  if (version !== 2 || Array.isArray(asked)) return
  for (const member of ['items', 'note', 'shippingAddress', 'name', 'email', 'avatarUrl', 'preferences']) {
    const value: unknown = Object(asked)[member]
    if (value === undefined || value === null) continue
    assert.partialDeepStrictEqual(made[member], value, member)
  }
}
