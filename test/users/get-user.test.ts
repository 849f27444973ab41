import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { basket, bodyOf, place, stock, tokenOf } from '../support/shop.ts'
import { startUserService, USER_V1, USER_V2, type UserService } from './user-service.ts'

suite('GET /users/me', () => {
  const lifetime = lifetimeOfSuite()
  let users: UserService

  before(async () => {
    users = await startUserService(lifetime)
  })

  test('A user is made of the token on first sight, once, however many look at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => users.read('fresh')))
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(new Set(bodies).size, 1)
    const { createdAt, updatedAt, ...body } = JSON.parse(bodies[0] ?? '')
    assert.deepEqual(body, {
      id: 'fresh',
      name: 'The name of fresh',
      email: 'fresh@shop.test',
      avatarUrl: null,
      preferences: {},
      revision: 1,
      _links: { self: { href: '/users/me' } },
    })
    assert.equal(createdAt, updatedAt)
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.equal(answers[0]?.headers.get('content-type'), USER_V2)
    assert.equal(answers[0]?.headers.get('cache-control'), 'private, no-cache')
  })

  test('Version 1 has three members, and is what comes without asking', async () => {
    const expected = { id: 'old', name: 'The name of old', email: 'old@shop.test' }
    const asked = await users.read('old', { headers: { accept: USER_V1 } })
    assert.deepEqual(await bodyOf(asked), expected)
    const unasked = await users.read('old', { headers: { accept: '*/*' } })
    assert.equal(unasked.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.deepEqual(await bodyOf(unasked), expected)
    assert.equal(unasked.headers.get('etag'), asked.headers.get('etag'))
    assert.notEqual((await users.read('old')).headers.get('etag'), asked.headers.get('etag'))
  })

  test('What the token says later changes nothing, and what cannot be kept is left out', async () => {
    await users.read('settled')
    const later = await tokenOf('settled', { name: 'Another', email: 'another@shop.test' })
    assert.equal((await bodyOf(await users.read('settled', { token: later }))).name, 'The name of settled')

    const odd = await tokenOf('odd', { name: 'x'.repeat(201), email: 'no..address@shop.test' })
    const body = await bodyOf(await users.read('odd', { token: odd }))
    assert.deepEqual([body.name, body.email], [null, null])
    const longest = await tokenOf('longest', { name: '🦜'.repeat(200) })
    assert.equal((await bodyOf(await users.read('longest', { token: longest }))).name, '🦜'.repeat(200))
    const nul = await tokenOf('nul', { name: 'a\0b' })
    assert.equal((await bodyOf(await users.read('nul', { token: nul }))).name, null)
  })

  test('The same holds for a user whom an order makes, which does not fail for it', async () => {
    await stock(users.sql, { desk: 1 })
    const token = await tokenOf('buyer', { name: 'x'.repeat(201), email: 'no..address@shop.test' })
    assert.equal((await place(users.service.api, basket('desk'), { key: 'first', token })).status, 201)
    const body = await bodyOf(await users.read('buyer'))
    assert.deepEqual([body.name, body.email], [null, null])
  })

  test('A sub of any characters is a user with a tag that a header can hold', async () => {
    for (const sub of [
      'auth0|"7"',
      'name with blanks',
      'Zoë 🦜',
      'a/b?c#d',
      "'; drop table users; --",
      'x'.repeat(255),
    ]) {
      const answer = await users.read(sub)
      const body = await bodyOf(answer)
      assert.equal(body.id, sub)
      const etag = answer.headers.get('etag') ?? ''
      assert.match(etag, /^"[\x21\x23-\x7e]+"$/)
      const again = await users.read(sub, { headers: { 'if-none-match': etag } })
      assert.equal(again.status, 304)
      assert.equal(again.headers.get('etag'), etag)
      assert.equal(again.headers.get('cache-control'), 'private, no-cache')
      assert.equal(again.headers.get('api-version'), '2')
      assert.match(again.headers.get('vary') ?? '', /accept/i)
    }
    const [one, other] = await Promise.all([users.read('one'), users.read('other')])
    assert.notEqual(one.headers.get('etag'), other.headers.get('etag'))
  })

  test('HEAD answers as GET does, without a body; without a token nobody is anybody', async () => {
    const url = `${users.service.api}/users/me`
    const authorization = `Bearer ${await tokenOf('head')}`
    const head = await fetch(url, { method: 'HEAD', headers: { authorization, accept: USER_V2 } })
    assert.equal(head.status, 200)
    assert.equal(head.headers.get('etag'), (await users.read('head')).headers.get('etag'))
    await assertProblem(await fetch(url), { slug: 'unauthorized' })
    await assertProblem(await users.read('head', { headers: { accept: 'image/png' } }), {
      slug: 'not-acceptable',
    })
    const removal = await fetch(url, { method: 'DELETE' })
    await assertProblem(removal, { slug: 'method-not-allowed', headers: { allow: /GET.*PATCH|PATCH.*GET/ } })
  })
})
