import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import Fastify from 'fastify'
import { UnsecuredJWT } from 'jose'
import { bearerAuth } from '#plugins/bearer-auth.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { sendRaw } from '../support/raw-http.ts'
import { ask, identityService, SECRET, START, sign } from './bearer-auth-service.ts'

const now = () => START * 1000
const INVALID = /^Bearer error="invalid_token", error_description="[\w .]+"$/

test('a good token names the principal', async (t) => {
  const app = await identityService(t, { secret: SECRET, now })
  const token = await sign({ sub: 'ann', name: 'Ann', email: 'ann@example.com', nbf: START })
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer  ']) {
    const response = await app.inject({ url: '/me', headers: { authorization: `${scheme} ${token}` } })
    assert.deepEqual(response.json(), { id: 'ann', name: 'Ann', email: 'ann@example.com' })
  }
})

test('a name or an address that is no text is none', async (t) => {
  const app = await identityService(t, { secret: SECRET, now })
  for (const odd of [undefined, null, 7, true, {}, ['Ann'], 'a\0b', '\ud800']) {
    const response = await ask(app, await sign({ name: odd, email: odd }))
    assert.deepEqual(response.json(), { id: 'ann', name: null, email: null })
  }
})

test('without a token there is a challenge and no error code', async (t) => {
  const app = await identityService(t, { secret: SECRET, now })
  for (const authorization of [undefined, '', 'Bearer', 'Basic YTpi', 'Bearerx.y.z', 'Token a.b.c']) {
    const headers = authorization === undefined ? {} : { authorization }
    const response = await app.inject({ url: '/me', headers })
    await assertProblem(response, { slug: 'unauthorized', headers: { 'www-authenticate': 'Bearer' } })
  }
})

/** The signature of HS256 is 32 bytes, and its last character leaves two bits over. */
function changeLast(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.slice(-1)) + 1]
}

test('every bad token is refused, and nobody is let in', async (t) => {
  const app = await identityService(t, { secret: SECRET, issuer: 'https://id', audience: 'shop', now })
  const good = { iss: 'https://id', aud: ['other', 'shop'] }
  assert.equal((await ask(app, await sign(good))).statusCode, 200)
  const [header, payload, signature] = (await sign(good)).split('.')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = Buffer.from(rsa.publicKey.export({ type: 'spki', format: 'pem' }))

  const critical = `${Buffer.from('{"alg":"HS256","crit":["x"],"x":1}').toString('base64url')}.${payload}`

  const bad: Record<string, string> = {
    'no token at all': 'nonsense',
    'without a signature': `${header}.${payload}.`,
    'with white space in it': `${header}.${payload}.${signature} `.replace('.', '. '),
    'with a changed payload': `${header}.${Buffer.from('{"sub":"bob"}').toString('base64url')}.${signature}`,
    'with another last character, of the same bytes': changeLast(await sign(good)),
    'alg: none': new UnsecuredJWT({ ...good, sub: 'ann' }).setExpirationTime(START + 60).encode(),
    'alg: none, signed': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.${signature}`,
    'another secret': await sign(good, randomBytes(32)),
    'a stronger hash than agreed on': await sign(good, randomBytes(64), { alg: 'HS512' }),
    'an RSA key that nobody knows': await sign(good, rsa.privateKey, { alg: 'RS256' }),
    'an RSA public key for a secret': await sign(good, pem, { alg: 'HS256' }),
    'a critical header nobody knows': `${critical}.${createHmac('sha256', SECRET).update(critical).digest('base64url')}`,
    'no expiry': await sign({ ...good, exp: undefined }),
    'an expiry that is no number': await sign({ ...good, exp: '9999999999' }),
    'expired this second': await sign({ ...good, exp: START }),
    'not valid yet': await sign({ ...good, nbf: START + 1 }),
    'another issuer': await sign({ ...good, iss: 'https://id/' }),
    'no issuer': await sign({ aud: 'shop' }),
    'another audience': await sign({ ...good, aud: ['shops'] }),
    'no audience': await sign({ iss: 'https://id' }),
    'no subject': await sign({ ...good, sub: undefined }),
    'an empty subject': await sign({ ...good, sub: '' }),
    'a subject that is a number': await sign({ ...good, sub: 7 }),
    'a subject with a NUL': await sign({ ...good, sub: 'a\0' }),
    'a subject with half a character': await sign({ ...good, sub: 'a\udc00' }),
    'a subject of 256 characters': await sign({ ...good, sub: 'x'.repeat(256) }),
    'too long to be read': await sign({ ...good, pad: 'x'.repeat(8_192) }),
  }
  for (const [what, token] of Object.entries(bad)) {
    const response = await ask(app, token)
    assert.equal(response.statusCode, 401, what)
    await assertProblem(response, { slug: 'unauthorized', headers: { 'www-authenticate': INVALID } })
    assert.ok(!response.body.includes(token), what)
  }
})

test('a subject has up to 255 characters, counted as people count', async (t) => {
  const app = await identityService(t, { secret: SECRET, now })
  const sub = '🧡'.repeat(255)
  assert.equal((await ask(app, await sign({ sub }))).json().id, sub)
  assert.equal((await ask(app, await sign({ sub: `${sub}x` }))).statusCode, 401)
})

test('a remembered token is refused from the second it expires', async (t) => {
  let time = START
  const app = await identityService(t, { secret: SECRET, now: () => time * 1000 })
  const token = await sign({ nbf: START, exp: START + 10 })
  for (const [at, status] of [
    [0, 200],
    [9.9, 200],
    [10, 401],
    [5, 200],
    [-1, 401],
  ] as const) {
    time = START + at
    assert.equal((await ask(app, token)).statusCode, status, `after ${at} seconds`)
  }
})

test('a token is good to the millisecond, new or remembered', async (t) => {
  let time = 0
  const app = await identityService(t, { secret: SECRET, now: () => START * 1000 + time })
  for (const [claims, at, refusal] of [
    [{ exp: START + 0.25 }, 249, undefined],
    [{ exp: START + 0.25 }, 250, 'The token has expired.'],
    [{ exp: START + 0.25 }, 850, 'The token has expired.'],
    [{ nbf: START + 0.25 }, 249, 'The token is not valid yet.'],
    [{ nbf: START + 0.25 }, 250, undefined],
    [{ nbf: START + 0.25 }, 850, undefined],
  ] as const) {
    time = at
    for (const token of [await sign({ ...claims, jti: `${at}` }), await sign(claims)]) {
      const response = await ask(app, token)
      assert.equal(response.json().detail, refusal, `${JSON.stringify(claims)} after ${at} ms`)
    }
  }
})

test('two Authorization headers are refused, also when the first is good and known', async (t) => {
  const app = await identityService(t, { secret: SECRET, now })
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
  const header = `Authorization: Bearer ${await sign({})}\r\n`
  const request = (headers: string) => `GET /me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`
  assert.match(await sendRaw(port, request(header)), /^HTTP\/1\.1 200 /)
  const answer = await sendRaw(port, request(`${header}authorization: Bearer x.y.z\r\n`))
  assert.match(answer, /^HTTP\/1\.1 401 /)
  assert.match(answer, /www-authenticate: Bearer error="invalid_token"/)
})

test('identify lets everybody pass and says who is known; authenticate goes on from there', async (t) => {
  const app = await identityService(t, { secret: SECRET, now })
  const authorization = `Bearer ${await sign({})}`
  const greet = (headers: Record<string, string>) => app.inject({ url: '/greeting', headers })
  assert.deepEqual((await greet({})).json(), { caller: null })
  assert.deepEqual((await greet({ authorization: 'Bearer x.y.z' })).json(), { caller: null })
  assert.equal((await greet({ authorization })).json().caller.id, 'ann')
  assert.equal((await app.inject({ url: '/both', headers: { authorization } })).json().id, 'ann')
  await assertProblem(await app.inject({ url: '/both', headers: { authorization: 'Bearer x.y.z' } }), {
    slug: 'unauthorized',
    headers: { 'www-authenticate': INVALID },
  })
})

test('a route that forgot to authenticate fails instead of serving nobody', async (t) => {
  const app = await identityService(t, { secret: SECRET, now })
  await assertProblem(await app.inject('/forgotten'), { slug: 'internal-error' })
})

test('what cannot verify anything safely stops the start with the reason', async () => {
  const start = (options: Parameters<typeof bearerAuth>[1]) => Fastify().register(bearerAuth, options).ready()
  await assert.rejects(async () => start({}), /without a secret or a key set/)
  await assert.rejects(async () => start({ secret: 'x'.repeat(31) }), /at least 32 bytes/)
  await assert.rejects(async () => start({ jwksUrl: 'ftp://id' }), /http or https URL/)
  await assert.rejects(
    async () => start({ jwksUrl: 'http://u:pass@id' }),
    (error: Error) => !error.message.includes('pass@'),
  )
})

test('no log line holds a token or what it says, whatever becomes of it', async (t) => {
  let logged = ''
  const log = new Writable({
    write(chunk, _encoding, written) {
      logged += String(chunk)
      written()
    },
  })
  const app = await identityService(
    t,
    { secret: SECRET, issuer: 'https://id', jwksUrl: 'http://127.0.0.1:1', now },
    log,
  )
  const claims = { iss: 'https://id', email: 'ann@example.com' }
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const tokens = [
    await sign(claims),
    await sign({ ...claims, exp: START - 1 }),
    await sign({ ...claims, iss: 'https://other' }),
    await sign(claims, randomBytes(32)),
    await sign(claims, rsa.privateKey, { alg: 'RS256' }),
  ]
  const answers = await Promise.all(tokens.map((token) => ask(app, token)))
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 401, 401, 401, 503],
  )
  assert.match(logged, /The token has expired/)
  assert.match(logged, /the key server was never reached/)
  for (const token of tokens) {
    for (const part of token.split('.').slice(1)) assert.ok(!logged.includes(part))
  }
  assert.ok(!logged.includes('ann@example.com'))
})
