import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyPatch, parsePatch } from '#plugins/json-patch.ts'
import { Problem } from '#plugins/problem-details.ts'

/** RFC 7396 appendix A: original, patch, result. */
const APPENDIX_A = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', 'null', 'null'],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
] as const

for (const [original, patch, result] of APPENDIX_A) {
  test(`${original} merged with ${patch} is ${result}`, () => {
    const document = JSON.parse(original)
    assert.deepEqual(merge(document, JSON.parse(patch), ['']), JSON.parse(result))
    assert.deepEqual(document, JSON.parse(original), 'the document itself stays as it was')
  })
}

test('A merge patch applied twice makes the same as once', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (document, patch) => {
      fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify(patch)))
      const once = merge(document, patch, [''])
      assert.deepEqual(merge(once, patch, ['']), once)
    }),
  )
})

test('A merge patch names every member that cannot be patched, and says which', () => {
  const patch = { note: 'x', status: 'paid', total: { amount: 0 }, metadata: { a: 'b' } }
  const refusal = refusalOf(() => merge({}, patch, ['/note', '/metadata']))
  assert.equal(refusal.slug, 'patch-rejected')
  assert.deepEqual(refusal.extensions.errors, [
    { pointer: '#/status', in: 'body', detail: 'cannot be patched' },
    { pointer: '#/total', in: 'body', detail: 'cannot be patched' },
  ])
})

test('A merge patch that would replace the whole document is refused where only members can be patched', () => {
  for (const patch of [null, 'note', 7, [], [{ note: 'x' }]]) {
    const { slug, extensions } = refusalOf(() => merge({}, patch, ['/note']))
    assert.equal(slug, 'patch-rejected')
    assert.deepEqual(extensions.errors, [{ pointer: '#', in: 'body', detail: 'cannot be patched' }])
  }
})

test('What is patchable further down is reached through objects only', () => {
  const patchable = ['/profile/nick']
  assert.deepEqual(merge({ profile: { nick: 'a', age: 1 } }, { profile: { nick: 'b' } }, patchable), {
    profile: { nick: 'b', age: 1 },
  })
  assert.deepEqual(merge({}, { profile: { nick: 'b' } }, [...patchable, '/note']), { profile: { nick: 'b' } })
  for (const patch of [{ profile: null }, { profile: 'x' }, { profile: { nick: 'b', age: 2 } }]) {
    assert.equal(refusalOf(() => merge({}, patch, patchable)).slug, 'patch-rejected')
  }
})

test('No merge patch names a member __proto__, constructor or prototype', () => {
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    const patch = JSON.parse(`{"metadata":{"deep":[{"${name}":{"polluted":"yes"}}]}}`)
    const { slug, extensions } = refusalOf(() => merge({ metadata: {} }, patch, ['/metadata']))
    assert.equal(slug, 'patch-rejected')
    const [{ pointer }] = extensions.errors as [{ pointer: string }]
    assert.equal(pointer, `#/metadata/deep/0/${name}`)
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  }
})

function merge(document: unknown, patch: unknown, patchable: string[]): unknown {
  return applyPatch(document, parsePatch('application/merge-patch+json', patch), { patchable })
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
