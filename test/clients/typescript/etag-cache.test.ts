import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createEtagCache } from '../../../clients/typescript/src/etag-cache.ts'
import { retryAfterMs } from '../../../clients/typescript/src/retry-after.ts'

describe('The bounds of what the client keeps and heeds', () => {
  test('Of more entries than there may be, those used last are kept', () => {
    const cache = createEtagCache({ maxEntries: 2 })
    for (const url of ['a', 'b']) cache.set(url, { etag: url, body: url })
    cache.get('a')
    cache.set('c', { etag: 'c', body: 'c' })
    assert.deepEqual(
      ['a', 'b', 'c'].map((url) => cache.get(url)?.etag),
      ['a', undefined, 'c'],
    )
  })

  test('Bodies have a bound together, and one that is longer than it empties nothing', () => {
    const cache = createEtagCache({ maxLength: 10 })
    cache.set('a', { etag: 'a', body: '12345' })
    cache.set('b', { etag: 'b', body: '12345' })
    cache.set('b', { etag: 'b2', body: '123456' })
    assert.equal(cache.get('a'), undefined)
    cache.set('c', { etag: 'c', body: '12345678901' })
    assert.equal(cache.get('b')?.etag, 'b2')
    assert.equal(cache.get('c'), undefined)
  })

  test('Retry-After is read in both forms, and nothing else is', () => {
    const now = Date.parse('2026-01-01T00:00:00Z')
    const after = (value: string, date?: string) =>
      retryAfterMs(new Headers({ 'retry-after': value, ...(date && { date }) }), now)
    assert.equal(after('3'), 3_000)
    assert.equal(after('Thu, 01 Jan 2026 00:00:05 GMT'), 5_000)
    assert.equal(after('Thu, 01 Jan 2026 00:00:05 GMT', 'Thu, 01 Jan 2026 00:00:03 GMT'), 2_000)
    assert.equal(after('Wed, 31 Dec 2025 23:59:59 GMT'), 0)
    assert.equal(after('soon'), undefined)
    assert.equal(after('-1') ?? 0, 0)
    assert.equal(retryAfterMs(new Headers(), now), undefined)
  })
})
