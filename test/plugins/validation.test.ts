import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TSchema, Type } from 'typebox'
import { compileQuery, compileValidator, compileViolations, validation } from '#plugins/validation.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { buildProblemApp } from '../support/problem-app.ts'

const strict = { additionalProperties: false }
const line = Type.Object(
  {
    productId: Type.String({ minLength: 1, maxLength: 64 }),
    quantity: Type.Integer({ minimum: 1, maximum: 999 }),
  },
  strict,
)
const order = Type.Object(
  {
    items: Type.Array(line, { minItems: 1, maxItems: 50 }),
    paymentToken: Type.String(),
    note: Type.Optional(Type.String({ maxLength: 3 })),
    metadata: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 5 }), {
        maxProperties: 2,
        propertyNames: Type.String({ maxLength: 4 }),
      }),
    ),
    'a/b~c d': Type.Optional(Type.Boolean()),
  },
  strict,
)

function violations(schema: TSchema, value: unknown): string[] {
  return compileViolations(schema, 'body')(value).map(({ pointer, detail }) => `${pointer} ${detail}`)
}

test('a value that fits is given back as it is', () => {
  const value = {
    items: [{ productId: 'desk', quantity: 1 }],
    paymentToken: 'pm',
    note: '😀😀😀',
    metadata: { a: 'b' },
  }
  assert.equal(compileValidator(order, 'body')(value), value)
})

test('every violation is found at once, each with its pointer', () => {
  const value = {
    items: [
      { productId: '', quantity: 0, colour: 'red' },
      { quantity: '2' },
      null,
      { productId: 'a', quantity: 1.5 },
    ],
    note: 'abcd',
    'a/b~c d': 'yes',
    'x y/~"é': 1,
    metadata: { a: 'toolong', b: 1, toolong: 'x' },
  }
  assert.deepEqual(violations(order, value).sort(), [
    '#/a~1b~0c%20d must be true or false',
    '#/items/0/colour is not known here',
    '#/items/0/productId must not be empty',
    '#/items/0/quantity must be at least 1',
    '#/items/1/productId is required',
    '#/items/1/quantity must be an integer',
    '#/items/2 must be an object',
    '#/items/3/quantity must be an integer',
    '#/metadata must have at most 2 members',
    '#/metadata/a must have at most 5 characters',
    '#/metadata/b must be a string',
    '#/metadata/toolong has a name that must have at most 4 characters',
    '#/note must have at most 3 characters',
    '#/paymentToken is required',
    '#/x%20y~1~0%22%C3%A9 is not known here',
  ])
})

const single: [TSchema, unknown, string | undefined][] = [
  [order, undefined, '# is required'],
  [order, null, '# must be an object'],
  [order, [], '# must be an object'],
  [Type.String({ maxLength: 3 }), '👨‍👩‍👧', '# must have at most 3 characters'],
  [Type.String({ maxLength: 5 }), '👨‍👩‍👧', undefined],
  [Type.String({ minLength: 2 }), '😀', '# must have at least 2 characters'],
  [Type.String({ minLength: 2 }), '👍🏽', undefined],
  [Type.String({ pattern: '^[A-Z]{2}$' }), 'USA', '# must match ^[A-Z]{2}$'],
  [Type.String({ format: 'email' }), 'nobody', '# must be an e-mail address'],
  [Type.Integer(), true, '# must be an integer'],
  [Type.Integer(), '1', '# must be an integer'],
  [Type.Integer({ maximum: 9 }), 10, '# must be at most 9'],
  [Type.Literal('x'), 'y', '# must be "x"'],
  [Type.Union([Type.Literal('a'), Type.Literal('b')]), 'c', '# must be one of "a", "b"'],
  [Type.Enum(['a', 'b']), 'c', '# must be one of "a", "b"'],
  [Type.Union([Type.String({ maxLength: 1 }), Type.Null()]), 'ab', '# must have at most 1 character'],
  [Type.Union([Type.String(), Type.Null()]), 1, '# must be a string or null'],
  [Type.Union([Type.String(), Type.Null()]), null, undefined],
  [Type.Record(Type.String(), Type.String()), { 'a\nb': 1 }, '#/a%0Ab must be a string'],
  [Type.Record(Type.String(), Type.Unknown()), { a: [1, { b: null }] }, undefined],
  [Type.Object({}, strict), JSON.parse('{"__proto__":1}'), '#/__proto__ is not known here'],
  [Type.Object({ toString: Type.String() }), {}, '#/toString is required'],
  [
    Type.Refine(
      Type.String(),
      (text) => text !== 'no',
      () => 'must not be no',
    ),
    'no',
    '# must not be no',
  ],
  [
    Type.Intersect([Type.Object({ a: Type.String() }), Type.Object({ b: Type.String() })]),
    { a: 'x' },
    '#/b is required',
  ],
]

const summed = Type.Array(Type.Unknown(), { 'x-maximumSum': { of: 'n', by: 'id', maximum: 9 } })
const item = (id: unknown, n: unknown) => ({ id, n })
single.push(
  [summed, [item('a', 5), item('b', 9), item('a', 4)], undefined],
  [summed, [item('a', 5), item('a', 5)], '#/1/n brings the sum for its id to 10, which must be at most 9'],
  // What is beyond the allowed number is not looked at.
  [{ ...summed, maxItems: 1 }, [item('a', 9), item('a', 9)], '# must have at most 1 item'],
  // What is no item, and what is too much by itself, is for the items' own schema.
  [summed, [item('a', 10), item('b', '9'), null, item(7, 9), item(7, 9)], undefined],
)

for (const [schema, value, expected] of single) {
  const shown = `${JSON.stringify(value)} against ${JSON.stringify(schema).slice(0, 80)}`
  test(`${shown}: ${expected ?? 'fits'}`, () => {
    assert.deepEqual(violations(schema, value), expected === undefined ? [] : [expected])
  })
}

test('a body that is wrong everywhere gets a hundred violations, not a hundred thousand', () => {
  const value = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, 1]))
  assert.equal(violations(order, value).length, 100)
  assert.equal(violations(Type.Array(Type.String()), new Array(100_000).fill(1)).length, 100)
})

test('a schema with a keyword that nobody checks does not compile', () => {
  assert.throws(() => compileValidator({ type: 'array', uniqueItems: true }, 'body'), TypeError)
  assert.throws(() => compileValidator({ type: 'string', format: 'colour' }, 'body'), TypeError)
  assert.throws(() => compileValidator({ type: 'array', 'x-maximumSum': { of: 'n' } }, 'body'), TypeError)
})

const page = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  status: Type.Optional(Type.Union([Type.Literal('paid'), Type.Literal('cancelled')])),
})

test('a query is read strictly, and what is unknown in it is ignored', () => {
  const read = compileQuery(page)
  assert.deepEqual(read({ limit: '100', status: 'paid', utm_source: 'mail' }), { limit: 100, status: 'paid' })
  assert.deepEqual(read({}), {})
  const bad = [
    '0',
    '101',
    '',
    ' 5',
    '5 ',
    '+5',
    '-5',
    '05',
    '5.0',
    '1e1',
    '0x5',
    '５',
    'NaN',
    '9'.repeat(40),
    ['5', '6'],
  ]
  for (const limit of bad) {
    assert.throws(() => read({ limit }), { slug: 'validation-failed' }, String(limit))
  }
})

test('a route refuses what its schemas refuse, and its handler gets integers', async () => {
  const app = await buildProblemApp()
  await app.register(validation)
  app.post('/orders', { schema: { body: order, querystring: page } }, async ({ query }) => ({ query }))
  const good = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm' }
  const accepted = await app.inject({ method: 'POST', url: '/orders?limit=7', payload: good })
  assert.deepEqual(accepted.json(), { query: { limit: 7 } })

  const refused = await app.inject({ method: 'POST', url: '/orders?limit=0&limit=1&status=x', payload: good })
  await assertProblem(refused, {
    slug: 'validation-failed',
    detail: 'query #/limit must be given once, and 1 more.',
    extensions: {
      errors: [
        { pointer: '#/limit', in: 'query', detail: 'must be given once' },
        { pointer: '#/status', in: 'query', detail: 'must be one of "paid", "cancelled"' },
      ],
    },
  })
})
