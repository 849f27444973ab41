import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact } from '#plugins/request-log/redact.ts'

/** Where a rule has begun, and goes on for as long as it finds what it looks for. */
const begun = [
  'token',
  '"token"',
  '"token":',
  '"token":"',
  '\\"token\\"',
  'authorization',
  'cookie=',
  'bearer',
  'eyJaaaaaa',
  'pm_aaa',
  '://',
]
/** What rules look for, and what they begin with again and again. */
const runs = [
  ...[' ', '\\', '"', ':', '-', 'a', '1', '.', '=', '[', '{', '\\"', '://', '-api-', 'bearer ', '_secret_'],
  ...['"token":', '"token":[', '"token":{"\\"', '\\"token\\":'],
]
/** Tried again from each character of a run, one of these lines takes minutes. */
const CHARACTERS = 60_000
/** Read once, a line takes a tenth of a second; this is for a machine that does much else. */
const MOST_MS = 20_000

// V8 makes of a rule what suits the lines that it saw first, and in a test that would be one of those below.
const usual = {
  level: 'debug',
  time: '2026-01-01T00:00:00.000Z',
  pid: 1,
  err: { slug: 'a-b' },
  msg: 'a token',
}
for (let line = 0; line < 10; line++) redact(JSON.stringify(usual))

for (const run of runs) {
  test(`a line full of ${run} is not slow`, () => {
    const line = begun.map((start) => start + run.repeat(CHARACTERS / run.length)).join('x\n')
    const since = performance.now()
    redact(line)
    const took = performance.now() - since
    assert.ok(took < MOST_MS, `${Math.round(took)} ms`)
  })
}

test('what follows a name after spaces is redacted, quoted once or six times over', () => {
  let text = '{"token"  :  "hunter2","key" ,\t["hunter2"]}'
  for (let depth = 0; depth < 6; depth++) {
    assert.doesNotMatch(redact(text), /hunter2/)
    text = JSON.stringify(text)
  }
})
