import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Type } from 'typebox'
import { applyPatch, compileResult, type PatchOptions, parsePatch } from '#plugins/json-patch.ts'
import { Problem } from '#plugins/problem-details.ts'

const order = {
  status: 'paid',
  note: 'ring twice',
  metadata: { gift: 'yes', list: ['a', 'b', 'c'], '': 'empty', 'a/b': 'slash', 'm~n': 'tilde' },
}
const OPTIONS = { patchable: ['/note', '/metadata'] }

/** A patch document, and the pointers of everything that makes it malformed. */
const malformed: [string, unknown, string[]][] = [
  ['an object', {}, ['#']],
  ['null', null, ['#']],
  ['nothing', undefined, ['#']],
  ['101 operations', Array(101).fill({ op: 'remove', path: '/note' }), ['#']],
  ['operations that are none', [null, 'remove', [], 7], ['#/0', '#/1', '#/2', '#/3']],
  ['no op', [{ path: '/note', value: 1 }], ['#/0/op']],
  ['an unknown op', [{ op: 'spam', path: '/note' }], ['#/0/op']],
  ['an op by another case', [{ op: 'Remove', path: '/note' }], ['#/0/op']],
  ['an op from the prototype', [{ op: 'toString', path: '/note' }], ['#/0/op']],
  ['no path', [{ op: 'remove' }], ['#/0/path']],
  ['a path that is no text', [{ op: 'remove', path: 1 }], ['#/0/path']],
  ['a path without a slash', [{ op: 'remove', path: 'note' }], ['#/0/path']],
  ['a path with a bad escape', [{ op: 'remove', path: '/a~2b' }], ['#/0/path']],
  ['a path that ends in a tilde', [{ op: 'remove', path: '/note~' }], ['#/0/path']],
  ['a path as a URI fragment', [{ op: 'remove', path: '#/note' }], ['#/0/path']],
  ['no value', [{ op: 'add', path: '/note' }], ['#/0/value']],
  ['no value to test', [{ op: 'test', path: '/note' }], ['#/0/value']],
  ['no from', [{ op: 'move', path: '/note' }], ['#/0/from']],
  ['a bad from', [{ op: 'copy', path: '/note', from: '~' }], ['#/0/from']],
  ['several mistakes', [{ op: 'copy' }, { op: 'add' }], ['#/0/path', '#/0/from', '#/1/path', '#/1/value']],
]

suite('A malformed patch document is a 400 that names every mistake', () => {
  for (const [what, patch, pointers] of malformed) {
    test(what, () => {
      const { slug, extensions } = refusalOf(() => apply(patch))
      assert.equal(slug, 'validation-failed')
      const errors = extensions.errors as { pointer: string; in: string }[]
      assert.deepEqual(
        errors.map(({ pointer }) => pointer),
        pointers,
      )
      assert.ok(errors.every((error) => error.in === 'body'))
    })
  }
})

/** Operations, and where the refusal points. */
const refused: [string, unknown[], string][] = [
  ['a path that is not patchable', [{ op: 'replace', path: '/status', value: 'x' }], '#/0/path'],
  ['the whole document', [{ op: 'replace', path: '', value: {} }], '#/0/path'],
  ['a test beyond what is patchable', [{ op: 'test', path: '/status', value: 'paid' }], '#/0/path'],
  ['a copy from beyond', [{ op: 'copy', path: '/note', from: '/status' }], '#/0/from'],
  ['a move from beyond', [{ op: 'move', path: '/note', from: '/status' }], '#/0/from'],
  ['a copy to beyond', [{ op: 'copy', path: '/status', from: '/note' }], '#/0/path'],
  ['a name that only begins like a patchable one', [{ op: 'remove', path: '/notes' }], '#/0/path'],
  ['a removal of what is not there', [{ op: 'remove', path: '/metadata/none' }], '#/0/path'],
  ['a replacement of what is not there', [{ op: 'replace', path: '/metadata/none', value: 1 }], '#/0/path'],
  [
    'a replacement of what only the prototype has',
    [{ op: 'remove', path: '/metadata/toString' }],
    '#/0/path',
  ],
  ['an addition below what is not there', [{ op: 'add', path: '/metadata/x/y', value: 1 }], '#/0/path'],
  ['an addition below a text', [{ op: 'add', path: '/note/0', value: 1 }], '#/0/path'],
  ['a leading zero', [{ op: 'add', path: '/metadata/list/01', value: 1 }], '#/0/path'],
  ['a leading zero to remove', [{ op: 'remove', path: '/metadata/list/00' }], '#/0/path'],
  ['a sign', [{ op: 'remove', path: '/metadata/list/+1' }], '#/0/path'],
  ['an index past the end', [{ op: 'add', path: '/metadata/list/4', value: 1 }], '#/0/path'],
  ['an index at the end, to replace', [{ op: 'replace', path: '/metadata/list/3', value: 1 }], '#/0/path'],
  ['a huge index', [{ op: 'remove', path: `/metadata/list/${'9'.repeat(30)}` }], '#/0/path'],
  ['the dash to remove', [{ op: 'remove', path: '/metadata/list/-' }], '#/0/path'],
  ['the dash to replace', [{ op: 'replace', path: '/metadata/list/-', value: 1 }], '#/0/path'],
  [
    'an index at the end, to copy from',
    [{ op: 'copy', from: '/metadata/list/3', path: '/note' }],
    '#/0/from',
  ],
  ['an index that is empty', [{ op: 'add', path: '/metadata/list/', value: 1 }], '#/0/path'],
  ['an index in scientific notation', [{ op: 'add', path: '/metadata/list/1e0', value: 1 }], '#/0/path'],
  ['the dash to copy from', [{ op: 'copy', from: '/metadata/list/-', path: '/note' }], '#/0/from'],
  ['below the dash', [{ op: 'add', path: '/metadata/list/-/x', value: 1 }], '#/0/path'],
  ['a length', [{ op: 'replace', path: '/metadata/list/length', value: 0 }], '#/0/path'],
  ['a move into itself', [{ op: 'move', from: '/metadata', path: '/metadata/list' }], '#/0/path'],
  [
    'a move past the end once the value is gone',
    [{ op: 'move', from: '/metadata/list/0', path: '/metadata/list/3' }],
    '#/0/path',
  ],
  ['__proto__ as a segment', [{ op: 'add', path: '/metadata/__proto__/x', value: 1 }], '#/0/path'],
  ['constructor as a segment', [{ op: 'add', path: '/metadata/constructor', value: 'x' }], '#/0/path'],
  ['prototype in from', [{ op: 'copy', from: '/metadata/prototype', path: '/note' }], '#/0/from'],
  [
    '__proto__ as a key',
    [{ op: 'add', path: '/metadata', value: JSON.parse('{"a":{"__proto__":1}}') }],
    '#/0/value/a/__proto__',
  ],
]

suite('A patch that cannot be applied is a 422 that points at the operation, and leaves no trace', () => {
  for (const [what, patch, pointer] of refused) {
    test(what, () => {
      const { slug, extensions } = refusalOf(() =>
        apply([{ op: 'add', path: '/note', value: 'x' }, ...patch]),
      )
      assert.equal(slug, 'patch-rejected')
      const [first] = extensions.errors as { pointer: string; in: string }[]
      assert.equal(first?.pointer, pointer.replace('#/0', '#/1'))
      assert.equal(first?.in, 'body')
    })
  }
})

/** A `test` and whether it holds. */
const tests: [string, unknown, boolean][] = [
  ['/note', 'ring twice', true],
  ['/note', 'ring once', false],
  ['/metadata/none', 'x', false],
  ['/metadata/none', null, false],
  ['/metadata/list/01', 'b', false],
  ['/metadata/list/-', 'c', false],
  ['/metadata/list', ['a', 'b', 'c'], true],
  ['/metadata/list', ['a', 'b'], false],
  ['/metadata/list', { 0: 'a', 1: 'b', 2: 'c' }, false],
  ['/metadata', null, false],
  ['/metadata', 'text', false],
  ['/metadata', { ...order.metadata, gift: 'no' }, false],
  ['/metadata/', 'empty', true],
  ['/metadata/a~1b', 'slash', true],
  ['/metadata/m~0n', 'tilde', true],
  ['/metadata/toString', null, false],
  ['/metadata', { ...order.metadata, extra: 1 }, false],
  ['/metadata', Object.fromEntries(Object.entries(order.metadata).reverse()), true],
]

suite('A test compares as RFC 6902 section 4.6 does', () => {
  for (const [path, value, holds] of tests) {
    test(`${path} ${holds ? 'is' : 'is not'} ${JSON.stringify(value)}`, () => {
      const patch = [{ op: 'test', path, value }]
      if (holds) {
        assert.deepEqual(apply(patch), order)
        return
      }
      const { slug, extensions } = refusalOf(() => apply(patch))
      assert.equal(slug, 'patch-test-failed')
      const [error] = extensions.errors as { pointer: string }[]
      assert.match(String(error?.pointer), /^#\/0\/(?:path|value)$/)
    })
  }
})

test('A moved value lands where its new place is once the old one is gone', () => {
  const document = { metadata: { list: [{ n: 0 }, { n: 1 }, { n: 2 }] } }
  const patch = [{ op: 'move', from: '/metadata/list/0', path: '/metadata/list/1/first' }]
  assert.deepEqual(apply(patch, document), {
    metadata: { list: [{ n: 1 }, { n: 2, first: { n: 0 } }] },
  })
})

test('An element is added wherever in the document its list stands', () => {
  const document = { metadata: { a: { list: ['x', 'z'] } } }
  const patch = [{ op: 'add', path: '/metadata/a/list/1', value: 'y' }]
  assert.deepEqual(apply(patch, document), { metadata: { a: { list: ['x', 'y', 'z'] } } })
})

test('The whole document can be replaced where all of it is patchable, and not removed', () => {
  const options = { patchable: [''] }
  assert.deepEqual(apply([{ op: 'replace', path: '', value: [] }], order, options), [])
  const { slug } = refusalOf(() => apply([{ op: 'remove', path: '' }], order, options))
  assert.equal(slug, 'patch-rejected')
})

test('Members that an operation does not have are ignored', () => {
  const patch = [{ op: 'remove', path: '/note', value: 1, from: 'no pointer', comment: { deep: true } }]
  assert.deepEqual(apply(patch), { status: order.status, metadata: order.metadata })
})

test('What a patch brought is not shared with what it makes', () => {
  const value = { a: 'b' }
  const patch = [
    { op: 'add', path: '/metadata', value },
    { op: 'copy', from: '/metadata', path: '/note' },
    { op: 'add', path: '/metadata/c', value: 'd' },
  ]
  assert.deepEqual(apply(patch), { status: 'paid', metadata: { a: 'b', c: 'd' }, note: { a: 'b' } })
  assert.deepEqual(value, { a: 'b' })
})

test('Copies that double a document each time are stopped long before memory is', () => {
  const copies = Array.from({ length: 99 }, (_, n) => ({
    op: 'copy',
    from: '/metadata',
    path: `/metadata/c${n}`,
  }))
  assert.equal(refusalOf(() => apply(copies)).slug, 'patch-rejected')
  const wide = [
    { op: 'add', path: '/metadata', value: 'x'.repeat(100_000) },
    ...copies.map((copy) => ({ ...copy, path: '/note' })),
  ]
  assert.equal(refusalOf(() => apply(wide)).slug, 'patch-rejected')
})

test('What is moved makes a document no larger', () => {
  const document = { note: 'x'.repeat(100), metadata: {} }
  const there = { op: 'move', from: '/note', path: '/metadata/a' }
  const back = { op: 'move', from: '/metadata/a', path: '/note' }
  const moves = [there, back, there]
  const moved = { metadata: { a: document.note } }
  assert.deepEqual(apply(moves, document, { ...OPTIONS, maxBytes: 250 }), moved)
  const larger = [...moves, { op: 'add', path: '/metadata/b', value: document.note }]
  const { slug } = refusalOf(() => apply(larger, document, { ...OPTIONS, maxBytes: 200 }))
  assert.equal(slug, 'patch-rejected')
})

test('A document gets no deeper than its bound', () => {
  const patch = [{ op: 'add', path: '/metadata/deep', value: { a: { b: {} } } }]
  assert.ok(apply(patch, order, { ...OPTIONS, maxDepth: 5 }))
  const { slug } = refusalOf(() => apply(patch, order, { ...OPTIONS, maxDepth: 4 }))
  assert.equal(slug, 'patch-rejected')
})

test('A result that breaks the schema is refused with pointers into the result', () => {
  const read = compileResult(
    Type.Object({ note: Type.String({ maxLength: 5 }) }, { additionalProperties: false }),
  )
  assert.deepEqual(read({ note: 'short' }), { note: 'short' })
  const { slug, extensions } = refusalOf(() => read({ note: 'too long', more: 1 }))
  assert.equal(slug, 'patch-rejected')
  const errors = extensions.errors as { pointer: string; in: string }[]
  assert.deepEqual(
    errors.map(({ pointer, in: where }) => [pointer, where]),
    [
      ['#/note', 'result'],
      ['#/more', 'result'],
    ],
  )
})

function apply(patch: unknown, document: unknown = order, options: PatchOptions = OPTIONS): unknown {
  const before = structuredClone(document)
  try {
    return applyPatch(document, parsePatch('application/json-patch+json', patch), options)
  } finally {
    assert.deepEqual(document, before, 'the document itself stays as it was')
  }
}

function refusalOf(act: () => unknown): Problem {
  try {
    act()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  assert.fail('it was not refused')
}
