import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { bodyOf, tokenOf } from '../support/shop.ts'
import { JSON_PATCH, startUserService, USER_V1, type UserService } from './user-service.ts'

/** Objects within objects: `levels` of them. */
const nested = (levels: number): unknown => (levels === 1 ? {} : { a: nested(levels - 1) })

const withBytes = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) })

const accepted: [string, object][] = [
  ['a name of 200 characters', { name: '🦜'.repeat(200) }],
  ['no name', { name: null }],
  ['an address', { email: 'Zoë.Größe+shop@example.co.uk' }],
  ['no address', { email: null }],
  ['an avatar', { avatarUrl: 'https://img.example.com/~zoe/a.png?size=2' }],
  ['an avatar at a port', { avatarUrl: 'https://img.example.com:8443/a;v=1/%C3%A4.png?q=a+b&c=/?@:#top' }],
  ['an avatar of a name in punycode', { avatarUrl: 'HTTPS://xn--bcher-kva.Example' }],
  ['an avatar for a user', { avatarUrl: 'https://zoe:a%40b@e.com/a' }],
  ['an avatar at an address', { avatarUrl: 'https://[2001:db8::1]/a.png' }],
  ['an avatar of 2,048 characters', { avatarUrl: `https://e.com/${'a'.repeat(2_034)}` }],
  ['16 levels', { preferences: nested(16) }],
  ['16 KiB', { preferences: withBytes(16 * 1024) }],
  [
    'all of JSON',
    { preferences: { t: true, n: -1.5e-7, big: 1e300, list: [1, [], {}, 'ü'], toJSON: 'x', '': 0 } },
  ],
]

const refused: [string, object, string][] = [
  ['a name of 201 characters', { name: 'x'.repeat(201) }, '#/name'],
  ['a name that is none', { name: 7 }, '#/name'],
  ['an address without an at', { email: 'zoe.example.com' }, '#/email'],
  ['an empty address', { email: '' }, '#/email'],
  ['two addresses', { email: 'a@example.com, b@example.com' }, '#/email'],
  ['an address that no server takes', { email: 'a@example..com' }, '#/email'],
  ['an address with a header in it', { email: 'a@example.com\r\nBcc: b@example.com' }, '#/email'],
  ['an http avatar', { avatarUrl: 'http://img.example.com/a.png' }, '#/avatarUrl'],
  ['a script', { avatarUrl: 'javascript:alert(1)' }, '#/avatarUrl'],
  ['a relative URL', { avatarUrl: '/a.png' }, '#/avatarUrl'],
  ['no host', { avatarUrl: 'https://' }, '#/avatarUrl'],
  ...[
    'https:a',
    'https:///a',
    'https://:443/a',
    'https://?a',
    'https://\\\\a',
    'https://a\\b',
    'https://a/b\\c',
    'https://a/"x',
    'https://a/<x>',
    'https://a/{x}',
    'https://a/b c',
    'https://a/%zz',
    'https://a/#b#c',
    'https://a/[b]',
    'https://a/ä',
    'https://bücher.example/',
    'https://a:65536/',
    'https://[::1',
    'https://%61.example/',
  ].map((avatarUrl): [string, object, string] => [
    `${avatarUrl}, which is no URI,`,
    { avatarUrl },
    '#/avatarUrl',
  ]),
  ['an avatar of 2,049 characters', { avatarUrl: `https://e.com/${'a'.repeat(2_035)}` }, '#/avatarUrl'],
  ['a list of preferences', { preferences: [] }, '#/preferences'],
  ['17 levels', { preferences: nested(17) }, '#/preferences'],
  ['a byte more than 16 KiB', { preferences: withBytes(16 * 1024 + 1) }, '#/preferences'],
]

suite('PATCH /users/me', () => {
  const lifetime = lifetimeOfSuite()
  let users: UserService

  before(async () => {
    users = await startUserService(lifetime)
  })

  for (const [number, [what, patch]] of accepted.entries()) {
    test(`${what} is kept as it was sent`, async () => {
      const sub = `accepted-${number}`
      const answer = await users.patch(sub, patch)
      const text = await answer.text()
      assert.equal(answer.status, 200, text)
      const body = JSON.parse(text)
      for (const [member, value] of Object.entries(patch)) assert.deepEqual(body[member], value)
      assert.equal(body.revision, 2)
      const read = await users.read(sub)
      assert.equal(await read.text(), text)
      assert.equal(read.headers.get('etag'), answer.headers.get('etag'))
    })
  }

  for (const [what, patch, pointer] of refused) {
    test(`${what} is refused`, async () => {
      const { errors } = await assertProblem(await users.patch('refused', patch), { slug: 'patch-rejected' })
      assert.ok(Array.isArray(errors))
      assert.deepEqual([errors[0].pointer, errors[0].in], [pointer, 'result'])
    })
  }

  test('What was refused has left no trace', async () => {
    assert.equal((await bodyOf(await users.read('refused'))).revision, 1)
  })

  test('Only these four can be changed', async () => {
    const patch = { id: 'root', revision: 7, createdAt: 'now', admin: true, name: 'ok' }
    const { errors } = await assertProblem(await users.patch('limits', patch), { slug: 'patch-rejected' })
    assert.ok(Array.isArray(errors))
    assert.deepEqual(
      errors.map(({ pointer }) => pointer),
      ['#/id', '#/revision', '#/createdAt', '#/admin'],
    )
  })

  test('A JSON patch reaches into preferences, and a member that is null is there to be tested', async () => {
    const headers = { 'content-type': JSON_PATCH }
    const answer = await users.patch(
      'operations',
      [
        { op: 'test', path: '/avatarUrl', value: null },
        { op: 'add', path: '/preferences/theme', value: { dark: true, tags: [] } },
        { op: 'add', path: '/preferences/theme/tags/-', value: 'a' },
        { op: 'remove', path: '/name' },
      ],
      headers,
    )
    const body = await bodyOf(answer)
    assert.equal(answer.status, 200)
    assert.deepEqual([body.name, body.preferences], [null, { theme: { dark: true, tags: ['a'] } }])
    const failed = await users.patch(
      'operations',
      [{ op: 'test', path: '/preferences/none', value: 1 }],
      headers,
    )
    await assertProblem(failed, { slug: 'patch-test-failed' })
    const emptied = await users.patch('operations', [{ op: 'remove', path: '/preferences' }], headers)
    assert.deepEqual((await bodyOf(emptied)).preferences, {})
  })

  test('What one user calls a member does not rename that of another, also when it is read and written back', async () => {
    await users.patch('first', { preferences: { ' ': 1, '\\': 1 } })
    const kept = async () => {
      const [row] = await users.sql`select preferences::text from users where id = 'second'`
      return row?.preferences
    }
    const patched = await users.patch('second', { preferences: { ' ': 1, '"': 1 } })
    assert.match(await patched.text(), /"preferences":\{" ":1,"\\"":1\}/)
    assert.equal(await kept(), '{" ": 1, "\\"": 1}')
    await users.patch('second', { name: 'Another' })
    assert.equal(await kept(), '{" ": 1, "\\"": 1}')
  })

  test('Version 1 takes the same patch, with a tag of its own', async () => {
    const read = await users.read('versions', { headers: { accept: USER_V1 } })
    const etag = read.headers.get('etag') ?? ''
    const wrong = await users.patch('versions', { name: 'x' }, { 'if-match': etag })
    await assertProblem(wrong, { slug: 'precondition-failed' })
    const right = await users.patch(
      'versions',
      { preferences: { a: 1 } },
      { 'if-match': etag, accept: USER_V1 },
    )
    assert.equal(right.status, 200)
    assert.deepEqual(Object.keys(await bodyOf(right)), ['id', 'name', 'email'])
    assert.notEqual(right.headers.get('etag'), etag)
  })

  test('A patch that changes nothing leaves the revision, and one without If-Match is refused', async () => {
    const before = await users.read('same')
    for (const patch of [{}, { name: 'The name of same' }, { preferences: {} }, { avatarUrl: null }]) {
      const answer = await users.patch('same', patch)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('etag'), before.headers.get('etag'))
    }
    const empty = await users.patch('same', {}, { 'if-match': '' })
    await assertProblem(empty, { slug: 'precondition-failed' })
    const none = await fetch(`${users.service.api}/users/me`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${await tokenOf('same')}`, 'content-type': JSON_PATCH },
      body: '[]',
    })
    await assertProblem(none, { slug: 'precondition-required' })
    const answer = await users.patch('same', {}, { 'content-type': 'application/json' })
    await assertProblem(answer, {
      slug: 'unsupported-media-type',
      headers: { 'accept-patch': 'application/json-patch+json, application/merge-patch+json' },
    })
  })

  test('A change is never older than the one before it, however the clock was set in between', async () => {
    await users.patch('clock', { name: 'One' })
    const [before] = await users.sql`
      update users set updated_at = date_trunc('milliseconds', now() + interval '1 hour')
      where id = 'clock' returning updated_at`
    const { revision, updatedAt } = await bodyOf(await users.patch('clock', { name: 'Two' }))
    assert.deepEqual([revision, updatedAt], [3, before?.updated_at.toISOString()])
  })

  test('Of twenty patches with one tag exactly one wins; under the star none is lost', async () => {
    const etag = (await users.read('race')).headers.get('etag') ?? ''
    const tagged = await Promise.all(
      Array.from({ length: 20 }, (_, n) => users.patch('race', { name: `n ${n % 3}` }, { 'if-match': etag })),
    )
    assert.equal(tagged.filter(({ status }) => status === 200).length, 1)
    assert.equal(tagged.filter(({ status }) => status === 412).length, 19)
    const starred = await Promise.all(
      Array.from({ length: 10 }, (_, n) => users.patch('race', { preferences: { [`k${n}`]: n } })),
    )
    assert.deepEqual(new Set(starred.map(({ status }) => status)), new Set([200]))
    const body = await bodyOf(await users.read('race'))
    assert.equal(Object.keys(body.preferences).length, 10)
    assert.equal(body.revision, 12)
  })
})
