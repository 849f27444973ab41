import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto'
import { test } from 'node:test'
import { exportJWK } from 'jose'
import { assertProblem } from '../support/assert-problem.ts'
import { ask, identityService, keyPair, keyServer, SECRET, START, sign } from './bearer-auth-service.ts'

const now = () => START * 1000

test('RS256, ES256 and EdDSA are verified with the published keys', async (t) => {
  for (const algorithm of ['RS256', 'ES256', 'EdDSA'] as const) {
    for (const kid of [undefined, 'k1']) {
      const pair = await keyPair(algorithm, kid)
      const decoys = [await keyPair('RS256', 'x'), await keyPair('ES256', 'y'), await keyPair('EdDSA', 'z')]
      const server = await keyServer(t, [...decoys.map(({ jwk }) => jwk), pair.jwk])
      const app = await identityService(t, { jwksUrl: server.url, now })
      const response = await ask(app, await pair.token({ name: 'Ann' }))
      assert.deepEqual(response.json(), { id: 'ann', name: 'Ann', email: null }, `${algorithm} ${kid}`)
    }
  }
})

test('the key server is not asked at start, nor for a token that needs no key', async (t) => {
  const server = await keyServer(t, [])
  const app = await identityService(t, { secret: SECRET, jwksUrl: server.url, now })
  assert.equal((await ask(app, await sign({}))).statusCode, 200)
  for (const token of [
    'nonsense',
    'a.b.c',
    await sign({}, randomBytes(32)),
    await sign({}, randomBytes(64), { alg: 'HS512' }),
  ]) {
    assert.equal((await ask(app, token)).statusCode, 401)
  }
  assert.equal((await app.inject('/me')).statusCode, 401)
  assert.equal(server.fetches, 0)
})

test('the secret and the keys serve their own algorithms only', async (t) => {
  const rsa = await keyPair('RS256', 'rsa')
  const oct = { kty: 'oct', kid: 'oct', alg: 'HS256', k: randomBytes(32).toString('base64url') }
  const server = await keyServer(t, [rsa.jwk, oct])
  const both = await identityService(t, { secret: SECRET, jwksUrl: server.url, now })
  const keysOnly = await identityService(t, { jwksUrl: server.url, now })
  const secretOnly = await identityService(t, { secret: SECRET, now })
  const [shared, published] = [await sign({}), await rsa.token()]
  const confused = [
    await sign({}, Buffer.from(oct.k, 'base64url'), { alg: 'HS256', kid: 'oct' }),
    await sign({}, Buffer.from(JSON.stringify(rsa.jwk)), { alg: 'HS256', kid: 'rsa' }),
    await sign({}, Buffer.from(String(rsa.jwk.n), 'base64url'), { alg: 'HS256', kid: 'rsa' }),
  ]
  const status = async (app: typeof both, token: string) => (await ask(app, token)).statusCode
  assert.deepEqual([await status(both, shared), await status(both, published)], [200, 200])
  assert.deepEqual([await status(keysOnly, shared), await status(keysOnly, published)], [401, 200])
  assert.deepEqual([await status(secretOnly, shared), await status(secretOnly, published)], [200, 401])
  for (const token of confused) {
    for (const app of [both, keysOnly, secretOnly]) assert.equal(await status(app, token), 401)
  }
})

test('a key that is not for verifying, weak, broken or of another kind verifies nothing', async (t) => {
  const good = await keyPair('RS256', 'good')
  const weak = generateWeakKey()
  const odd = await keyPair('RS256', 'odd')
  const server = await keyServer(t, [
    null,
    'key',
    {},
    { kty: 'RSA', kid: 'broken', n: '!', e: 'AQAB' },
    { kty: 'EC', crv: 'P-256', kid: 'broken', x: 'AA', y: 'AA' },
    weak.jwk,
    good.jwk,
    { ...odd.jwk, kid: 'encrypts', use: 'enc' },
    { ...odd.jwk, kid: 'wraps', key_ops: ['wrapKey'] },
    { ...odd.jwk, kid: 'ps', alg: 'PS256' },
  ])
  const app = await identityService(t, { jwksUrl: server.url, now })
  assert.equal((await ask(app, await good.token())).statusCode, 200)
  for (const kid of ['encrypts', 'wraps', 'ps']) {
    const token = await sign({}, odd.privateKey, { alg: 'RS256', kid })
    assert.equal((await ask(app, token)).statusCode, 401, kid)
  }
  assert.equal((await ask(app, weak.token)).statusCode, 401)
})

test('a token that names no key is tried with sixteen keys of its kind, and told when there are more', async (t) => {
  const others = [await keyPair('RS256', 'r'), await keyPair('EdDSA', 'd')]
  const pairs = await Promise.all(Array.from({ length: 17 }, (_, at) => keyPair('ES256', `k${at}`)))
  const server = await keyServer(
    t,
    [...others, ...pairs].map(({ jwk }) => jwk),
  )
  const app = await identityService(t, { jwksUrl: server.url, now })
  const unnamed = (at: number) => sign({}, pairs[at]?.privateKey, { alg: 'ES256' })
  for (const at of [0, 4, 15]) assert.equal((await ask(app, await unnamed(at))).statusCode, 200, `key ${at}`)
  await assertProblem(await ask(app, await unnamed(16)), {
    slug: 'unauthorized',
    detail: /names no key, and the 16 that were tried did not sign it\.$/,
  })
  assert.equal((await ask(app, (await pairs[16]?.token()) ?? '')).statusCode, 200, 'by its name')

  const stranger = await keyPair('EdDSA')
  await assertProblem(await ask(app, await stranger.token()), {
    slug: 'unauthorized',
    detail: /not signed by a known key/,
  })
})

test('a private key that is published by mistake still verifies', async (t) => {
  const { privateKey } = await keyPair('ES256')
  const server = await keyServer(t, [{ ...(await exportJWK(privateKey)), kid: 'k' }])
  const app = await identityService(t, { jwksUrl: server.url, now })
  assert.equal((await ask(app, await sign({}, privateKey, { alg: 'ES256', kid: 'k' }))).statusCode, 200)
})

test('while the key server was never reached the answer is 503, and it is not asked by every request', async (t) => {
  const pair = await keyPair('ES256', 'k')
  const server = await keyServer(t, [pair.jwk])
  let time = START * 1000
  const app = await identityService(t, { jwksUrl: server.url, now: () => time })
  const failures: Record<string, typeof server.answer> = {
    refuses: (_request, response) => response.writeHead(500).end('no'),
    redirects: (_request, response) => response.writeHead(302, { location: '/' }).end(),
    'is no JSON': (_request, response) => response.end('<html>'),
    'is no key set': (_request, response) => response.end('{"keys":{}}'),
    'is null': (_request, response) => response.end('null'),
    'has no end': (_request, response) => endless(response),
    'hangs up': (request) => request.socket.destroy(),
  }
  for (const [what, answer] of Object.entries(failures)) {
    server.answer = answer
    const before = server.fetches
    const token = await pair.token()
    const responses = await Promise.all(Array.from({ length: 5 }, () => ask(app, token)))
    responses.push(await ask(app, token))
    for (const response of responses) {
      await assertProblem(response, { slug: 'service-unavailable', headers: { 'retry-after': '2' } })
    }
    assert.equal(server.fetches - before, 1, `an answer that ${what} is asked for once`)
    time += 2_000
  }
  server.answer = undefined
  assert.equal((await ask(app, await pair.token())).statusCode, 200)
})

test('a key server that says nothing is given up after three seconds', async (t) => {
  const pair = await keyPair('ES256', 'k')
  const server = await keyServer(t, [pair.jwk])
  server.answer = () => {}
  const app = await identityService(t, { jwksUrl: server.url, now })
  const start = performance.now()
  assert.equal((await ask(app, await pair.token())).statusCode, 503)
  // And what a busy machine adds.
  assert.ok(performance.now() - start < 3_000 + 10_000)
})

function endless(response: {
  write(chunk: string): boolean
  on(event: string, more: () => void): unknown
}): void {
  const more = () => {
    while (response.write(' '.repeat(16_384)));
  }
  response.on('drain', more)
  more()
}

function generateWeakKey() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${encode({ alg: 'RS256', kid: 'weak' })}.${encode({ sub: 'ann', exp: START + 60 })}`
  const token = `${input}.${signBytes('sha256', Buffer.from(input), privateKey).toString('base64url')}`
  return { jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'weak' }, token }
}
