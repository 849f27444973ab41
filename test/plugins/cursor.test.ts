import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCursors, readFilter, readPaging } from '#plugins/cursor.ts'
import { Problem } from '#plugins/problem-details.ts'

const cursors = createCursors('a secret of the whole fleet')

function violations(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    if (error instanceof Problem && error.slug === 'validation-failed') return error.extensions.errors
    throw error
  }
  throw new Error('nothing was refused')
}

const places = (errors: unknown) =>
  Array.isArray(errors) ? errors.map(({ pointer, in: place }) => `${place} ${pointer}`) : errors

test('what was sealed is opened again, by every instance with the secret', () => {
  const cursor = cursors.seal(['ä', 1, null], 'GET /orders alice')
  assert.match(cursor, /^[A-Za-z0-9_-]+$/)
  assert.deepEqual(createCursors('a secret of the whole fleet').open(cursor, 'GET /orders alice'), [
    'ä',
    1,
    null,
  ])
})

test('a cursor of another list, principal or secret is refused', () => {
  const cursor = cursors.seal('x', 'GET /orders alice')
  assert.deepEqual(places(violations(() => cursors.open(cursor, 'GET /orders bob'))), ['query #/cursor'])
  assert.throws(() => cursors.open(cursor, 'GET /orders '), Problem)
  assert.throws(() => createCursors('another secret').open(cursor, 'GET /orders alice'), Problem)
})

test('no changed, shortened, lengthened or made-up cursor opens', () => {
  const cursor = cursors.seal('desk-walnut', 'c')
  for (let index = 0; index < cursor.length; index++) {
    for (const letter of ['A', 'b', '=', ' ', 'é']) {
      const forged = cursor.slice(0, index) + letter + cursor.slice(index + 1)
      if (forged !== cursor) assert.throws(() => cursors.open(forged, 'c'), Problem)
    }
    assert.throws(() => cursors.open(cursor.slice(0, index), 'c'), Problem)
  }
  assert.throws(() => cursors.open(`${cursor}=`, 'c'), Problem)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) =>
      assert.throws(() => cursors.open(text, 'c'), Problem),
    ),
  )
})

test('a limit is 20 unless it is given, and other parameters are passed over', () => {
  assert.equal(readPaging({}, cursors, 'c').limit, 20)
  assert.equal(readPaging({ limit: '1', page: 'x' }, cursors, 'c').limit, 1)
  assert.equal(readPaging({ limit: '100' }, cursors, 'c').limit, 100)
  assert.equal(readPaging({ cursor: cursors.seal('x', 'c') }, cursors, 'c').position, 'x')
})

for (const limit of ['0', '101', '-1', '1.5', '1e1', '', ' 5', '05', '+5', 'ten', ['1', '2']]) {
  test(`limit=${JSON.stringify(limit)} is refused`, () => {
    assert.deepEqual(places(violations(() => readPaging({ limit }, cursors, 'c'))), ['query #/limit'])
  })
}

test('a filter is one of its words or left out, and a bad one is reported with the others', () => {
  const read = (colour?: unknown) => readFilter({ colour }, 'colour', ['red', 'blue'])
  assert.deepEqual(read('red'), { value: 'red', violations: [] })
  assert.deepEqual(read(), { value: undefined, violations: [] })
  for (const bad of ['', 'green', ['red', 'red']]) {
    const errors = violations(() => readPaging({ limit: '0' }, cursors, 'c', read(bad).violations))
    assert.deepEqual(places(errors), ['query #/colour', 'query #/limit'])
  }
})

test('a bad limit and a bad cursor are reported together', () => {
  const errors = violations(() => readPaging({ limit: '0', cursor: 'x' }, cursors, 'c'))
  assert.deepEqual(places(errors), ['query #/limit', 'query #/cursor'])
  assert.deepEqual(places(violations(() => readPaging({ cursor: '' }, cursors, 'c'))), ['query #/cursor'])
})
