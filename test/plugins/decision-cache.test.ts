import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecisionCache } from '#plugins/decision-cache.ts'

function countingCache() {
  const decided: string[] = []
  const cache = createDecisionCache((header) => {
    decided.push(header)
    return { header }
  })
  return { cache, decided }
}

test('a header seen before is not decided again, and gets the very same decision', () => {
  const { cache, decided } = countingCache()
  const first = cache.get('application/json')
  assert.equal(cache.get('application/json'), first)
  assert.deepEqual(decided, ['application/json'])
})

test('a flood of new headers neither grows the cache nor evicts a header in use', () => {
  const { cache, decided } = countingCache()
  for (let at = 0; at < 10_000; at++) {
    cache.get(`text/x-${at}`)
    if (at % 100 === 0) assert.equal(cache.get('application/json').header, 'application/json')
    assert.ok(cache.size() <= 400)
  }
  assert.equal(decided.filter((header) => header === 'application/json').length, 1)
})

test('a header over 512 characters is decided each time and kept never', () => {
  const { cache, decided } = countingCache()
  const long = 'a'.repeat(513)
  cache.get(long)
  cache.get(long)
  assert.equal(decided.length, 2)
  assert.equal(cache.size(), 0)
})

test('headers that take turns are each decided once, and answered as they were', () => {
  const { cache, decided } = countingCache()
  for (const header of ['x', 'x', 'y', 'x', 'y', 'y', 'x']) assert.equal(cache.get(header).header, header)
  assert.deepEqual(decided, ['x', 'y'])
})

test('a cleared cache decides anew', () => {
  const { cache, decided } = countingCache()
  cache.get('x')
  cache.get('x')
  cache.clear()
  cache.get('x')
  assert.equal(decided.length, 2)
})
