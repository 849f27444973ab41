import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLoginThrottle } from '#plugins/operator-auth/login-throttle.ts'

const failures = (throttle: ReturnType<typeof createLoginThrottle>, address: string, count: number) => {
  for (let i = 0; i < count; i++) throttle.failed(address)
}

test('the tenth failure of a network ends its tries for the rest of its minute, and nobody else’s', () => {
  let now = 0
  const throttle = createLoginThrottle(() => now)
  failures(throttle, '192.0.2.1', 9)
  now = 20_000
  assert.equal(throttle.secondsToWait('192.0.2.1'), 0)
  failures(throttle, '192.0.2.1', 1)
  assert.equal(throttle.secondsToWait('192.0.2.1'), 40)
  assert.equal(throttle.secondsToWait('192.0.2.2'), 0)
  now = 60_000
  assert.equal(throttle.secondsToWait('192.0.2.1'), 0)
  failures(throttle, '192.0.2.1', 1)
  assert.equal(throttle.secondsToWait('192.0.2.1'), 0)
})

test('the addresses of one subscriber count together', () => {
  const throttle = createLoginThrottle(() => 0)
  for (let i = 0; i < 10; i++) throttle.failed(`2001:db8:1:2::${i}`)
  assert.equal(throttle.secondsToWait('2001:db8:1:2::ffff'), 60)
  assert.equal(throttle.secondsToWait('2001:db8:1:3::1'), 0)
})

test('a flood from ever new addresses does not make it forget who keeps guessing', () => {
  const throttle = createLoginThrottle(() => 0)
  failures(throttle, '192.0.2.1', 10)
  for (let i = 0; i < 5_000; i++) {
    throttle.failed(`10.0.${i >> 8}.${i & 255}`)
    assert.equal(throttle.secondsToWait('192.0.2.1'), 60)
  }
})

test('a clock that is set back keeps nobody out for longer', (t) => {
  const wallClock = Date.now
  let setBackMs = 0
  t.mock.method(Date, 'now', () => wallClock() - setBackMs)
  const throttle = createLoginThrottle()
  failures(throttle, '192.0.2.1', 10)
  setBackMs = 3_600_000
  assert.ok(throttle.secondsToWait('192.0.2.1') <= 60)
})
