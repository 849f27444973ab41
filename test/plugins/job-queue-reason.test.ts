import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plain, reasonOf } from '#plugins/job-queue/reason.ts'

test('A reason tells what failed and what its causes add, once each', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:443')
  const attempt = new Error('payment: no answer', { cause: refused })
  const call = new Error('payment: transient after 4 attempts', { cause: attempt })
  assert.equal(
    reasonOf(call),
    'payment: transient after 4 attempts: no answer: connect ECONNREFUSED 127.0.0.1:443',
  )
  assert.equal(reasonOf(new Error('no answer', { cause: new Error('no answer') })), 'no answer')
})

test('A reason is one line of at most 300 characters, whatever was thrown', () => {
  const page = `<html>\n${'<p>Bad\tgateway</p>\r\n'.repeat(1_000)}`
  const reason = reasonOf(new Error(page))
  assert.equal(reason.length, 300)
  assert.match(reason, /^<html> <p>Bad gateway<\/p> .*…$/)
  assert.equal(reasonOf('thrown as text'), 'thrown as text')
  assert.equal(reasonOf(undefined), 'undefined')
  assert.equal(reasonOf(new TypeError()), 'TypeError')
})

test('A chain of causes that bites its tail has an end', () => {
  const first = new Error('first')
  first.cause = new Error('second', { cause: first })
  assert.equal(reasonOf(first), 'first: second')
})

test('No secret stands in a reason', () => {
  const told = plain(
    'bad key sk_live_1234567890 for postgres://shop:secret@db:5432/shop, Bearer abcdefgh.ijkl',
  )
  assert.doesNotMatch(told, /1234567890|shop:secret|abcdefgh/)
  assert.match(told, /^bad key/)
})
