import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLineSplitter } from '#src/products/line-splitter.ts'

function split(chunks: Buffer[], maxBytes: number): (string | null)[] {
  const splitter = createLineSplitter(maxBytes)
  const lines = [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()]
  assert.deepEqual(
    lines.map(({ number }) => number),
    lines.map((_, index) => index + 1),
  )
  return lines.map(({ bytes }) => bytes?.toString() ?? null)
}

test('lines end in LF or CRLF, and the last one may not end at all', () => {
  assert.deepEqual(split([Buffer.from('a\r\n\nb\nc')], 10), ['a', '', 'b', 'c'])
  assert.deepEqual(split([Buffer.from('a\n')], 10), ['a'])
  assert.deepEqual(split([], 10), [])
})

test('a line that is too long is one bad line, and the next one is whole', () => {
  assert.deepEqual(split([Buffer.from(`12345\n123456\r\n1234567\n${'x'.repeat(50)}\nok`)], 5), [
    '12345',
    null,
    null,
    null,
    'ok',
  ])
})

test('where chunks are cut makes no difference', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'ä', '\r', ' '), maxLength: 12 })
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(20)), (lines, cuts) => {
      const whole = Buffer.from(lines.join('\n'))
      const chunks: Buffer[] = []
      let start = 0
      for (const length of cuts) {
        chunks.push(whole.subarray(start, start + length))
        start += length
      }
      chunks.push(whole.subarray(start))
      assert.deepEqual(split(chunks, 8), split([whole], 8))
    }),
  )
})
