import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIdempotencyKey } from '#plugins/idempotency-key/parse.ts'
import { parameters } from '#src/openapi/parameters.ts'
import { isOrderId } from '#src/orders/order-id.ts'
import { orderVersions } from '#src/orders/versions.ts'
import { productVersions } from '#src/products/versions.ts'
import { userVersions } from '#src/users/versions.ts'
import { assertFits, asTree, document, operations, resolve, walk } from './document.ts'

test('every example of a body is one by its schema', () => {
  let seen = 0
  for (const { pointer, node } of walk(document)) {
    if (!pointer.includes('/content/') || node.schema === undefined || node.examples === undefined) continue
    for (const [name, example] of Object.entries(asTree(node.examples))) {
      const { value, externalValue } = resolve(example)
      assert.ok(value !== undefined && externalValue === undefined, `${pointer}: ${name}`)
      assertFits(node.schema, value, `${pointer}: ${name}`)
      seen += 1
    }
  }
  assert.ok(seen > 50, `${seen}`)
})

test('every JSON body has an example', () => {
  for (const { pointer, node } of walk(document)) {
    if (
      !/\/content\/application~1[^/]*json[^/]*$/.test(pointer) ||
      pointer.startsWith('#/paths/~1openapi.json/')
    )
      continue
    assert.ok(Object.keys(asTree(node.examples ?? {})).length > 0, pointer)
  }
})

test('every example of a parameter or a header is one by its schema', () => {
  for (const kind of ['parameters', 'headers']) {
    for (const [name, member] of Object.entries(asTree(asTree(document.components)[kind]))) {
      const { schema, example } = asTree(member)
      if (example === undefined && kind === 'parameters') continue
      assertFits(schema, example, `${kind} ${name}`)
    }
  }
  assert.ok(isOrderId(parameters.OrderId.example))
  assert.ok('key' in parseIdempotencyKey(parameters.IdempotencyKey.example))
})

test('a schema refuses what is none: the test above could fail', () => {
  for (const [schema, value] of [
    ['OrderV2', {}],
    ['OrderV1', { id: 'ord_1' }],
    ['ValidationFailedProblem', { type: 'https://api.example.com/problems/not-found' }],
    ['CreateOrderV2', { items: [], paymentToken: 'pm_card_visa' }],
    ['Violation', { pointer: '#/a', in: 'cookie', detail: 'is none' }],
  ] as const) {
    const reference = { $ref: `#/components/schemas/${schema}` }
    assert.throws(() => assertFits(reference, value, schema), assert.AssertionError)
  }
})

test('an example of what to send is read by the version it is for', () => {
  for (const [version, { read }] of Object.entries(orderVersions)) {
    const { value } = resolve({ $ref: `#/components/examples/CreateOrderV${version}` })
    assert.equal(read(value).items.length, 1)
  }
})

test('every version is there under a media type of its own', () => {
  const content = (name: string, status: string) => {
    const found = operations.find((each) => each.name === name)
    const answer = resolve(asTree(found?.operation.responses)[status])
    return Object.keys(asTree(answer.content))
  }
  const types = (type: string, versions: readonly (string | number)[]) => [
    ...versions.map((version) => `application/vnd.holdfast.${type}+json; version=${version}`),
    'application/json',
  ]
  const products = productVersions.map(({ version }) => version)
  const orders = Object.keys(orderVersions)
  assert.deepEqual(content('GET /products', '200'), types('product-list', products))
  assert.deepEqual(content('GET /products/{id}', '200'), types('product', products))
  assert.deepEqual(content('POST /orders', '201'), types('order', orders))
  assert.deepEqual(content('GET /orders', '200'), types('order-list', orders))
  assert.deepEqual(content('GET /orders/{id}', '200'), types('order', orders))
  assert.deepEqual(content('GET /users/me', '200'), types('user', Object.keys(userVersions)))
})
