import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import pino from 'pino'
import { assertProblem } from '../support/assert-problem.ts'
import { desk, put, startOperations } from './operator-service.ts'
import { opsToken, sessionOf } from './operator-session.ts'

const page = { accept: 'text/html,application/xhtml+xml' }

/** `fetch` sets the host itself. */
const statusWithHost = (url: string, path: string, host: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(`${url}${path}`, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })

function login(url: string, headers: Record<string, string> = {}, token = opsToken) {
  const body = new URLSearchParams({ token })
  return fetch(`${url}/login`, { method: 'POST', redirect: 'manual', body, headers: { ...page, ...headers } })
}

const cookieOf = (response: Response) => String(response.headers.get('set-cookie')).split(';')[0] ?? ''

test('with a token set, nobody does anything without it, and probes are asked for nothing', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  const expected = { slug: 'unauthorized', headers: { 'www-authenticate': 'Bearer' } } as const
  await assertProblem(await put(`${url}/products/x`, desk), expected)
  for (const authorization of [
    'Bearer wrong',
    `Bearer ${opsToken}x`,
    opsToken,
    `Basic ${opsToken}`,
    'Bearer ',
  ]) {
    await assertProblem(await put(`${url}/products/x`, desk, { authorization }), expected)
  }
  const probe = await fetch(`${url}/livez`)
  assert.equal(probe.status, 200)
  assert.equal(probe.headers.get('x-content-type-options'), 'nosniff')
  const allowed = await put(`${url}/products/x`, desk, { authorization: `bearer ${opsToken}` })
  assert.equal(allowed.status, 201)
})

test('a browser is shown the way to log in, and may act with its cookie until it logs out', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  const lost = await fetch(`${url}/products/x`, { headers: page, redirect: 'manual' })
  assert.notEqual(lost.status, 200)
  const form = await fetch(`${url}/login`, { headers: page })
  assert.match(await form.text(), /<form method="post" action="\/login">/)
  assert.match(String(form.headers.get('content-security-policy')), /frame-ancestors 'none'/)

  const refused = await login(url, {}, 'wrong')
  assert.equal(refused.headers.get('location'), '/login?refused')
  assert.equal(refused.headers.get('set-cookie'), null)

  const entered = await login(url, { origin: url })
  assert.equal(entered.status, 303)
  const setCookie = String(entered.headers.get('set-cookie'))
  assert.match(setCookie, /; HttpOnly; SameSite=Strict/)
  assert.ok(!setCookie.includes(opsToken))

  const cookie = cookieOf(entered)
  assert.equal((await put(`${url}/products/x`, desk, { cookie, origin: url })).status, 201)
  assert.equal((await put(`${url}/products/x`, desk, { cookie: `${cookie}x`, origin: url })).status, 401)
  const left = await fetch(`${url}/logout`, { method: 'POST', headers: { cookie, origin: url } })
  assert.match(String(left.headers.get('set-cookie')), /Max-Age=0/)
})

test('a program that names HTML as what it does not want is told the status, not the way to a page', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  for (const accept of ['application/json, text/html;q=0', 'application/json, text/html;q=0.5', '*/*']) {
    const answer = await fetch(`${url}/stats`, { headers: { accept }, redirect: 'manual' })
    await assertProblem(answer, { slug: 'unauthorized' })
  }
})

test('a program logs in with JSON', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  const send = (token: unknown) =>
    fetch(`${url}/login`, {
      method: 'POST',
      body: JSON.stringify({ token }),
      headers: { 'content-type': 'application/json' },
    })
  const entered = await send(opsToken)
  assert.equal(entered.status, 204)
  assert.equal((await put(`${url}/products/x`, desk, { cookie: cookieOf(entered) })).status, 201)
  await assertProblem(await send('wrong'), { slug: 'unauthorized' })
  await assertProblem(await send(1), { slug: 'unauthorized' })
})

test('who guesses tokens is told to wait, before the token is looked at; a token that is known is let in by header', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  for (let i = 0; i < 20; i++) assert.equal((await login(url)).status, 303, 'logging in is no failure')
  for (let i = 0; i < 10; i++) {
    assert.equal((await login(url, {}, `guess ${i}`)).headers.get('location'), '/login?refused')
  }
  const expected = { slug: 'rate-limited', headers: { 'retry-after': /^[1-5]?\d$|^60$/ } } as const
  await assertProblem(await login(url, {}, 'guess'), expected)
  await assertProblem(await login(url), expected)
  assert.equal((await put(`${url}/products/x`, desk, { authorization: `Bearer ${opsToken}` })).status, 201)
})

test('another site cannot act with the cookie of an operator, nor log one in', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  const cookie = cookieOf(await login(url))
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site', origin: url },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of foreign) {
    await assertProblem(await put(`${url}/products/x`, desk, { cookie, ...headers }), { slug: 'forbidden' })
    await assertProblem(await login(url, headers), { slug: 'forbidden' })
  }
})

test('an expired or foreign cookie is none', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  const cookie = cookieOf(await login(url))
  const [, seal] = cookie.split('.')
  assert.equal((await put(`${url}/products/x`, desk, { cookie: sessionOf(60) })).status, 201)
  for (const forged of [
    sessionOf(-1),
    `operator=0.${seal}`,
    `operator=9999999999.${seal}`,
    'operator=',
    'operator=.',
  ]) {
    await assertProblem(await put(`${url}/products/x`, desk, { cookie: forged }), { slug: 'unauthorized' })
  }
})

test('on this machine without a token, other sites and foreign names are refused all the same', async (t) => {
  const { url } = await startOperations(t)
  assert.equal((await put(`${url}/products/x`, desk)).status, 201)
  assert.equal((await put(`${url}/products/x`, desk, { origin: url })).status, 200)
  const refused = { slug: 'forbidden' } as const
  await assertProblem(await put(`${url}/products/x`, desk, { origin: 'https://evil.example' }), refused)
  await assertProblem(await put(`${url}/products/x`, desk, { 'sec-fetch-site': 'cross-site' }), refused)
  const port = new URL(url).port
  assert.equal(await statusWithHost(url, '/login', `evil.example:${port}`), 403)
  assert.equal(await statusWithHost(url, '/login', `127.0.0.1.evil.example:${port}`), 403)
  assert.equal(await statusWithHost(url, '/login', `localhost:${port}`), 200)
  assert.equal(await statusWithHost(url, '/livez', `evil.example:${port}`), 200)
})

test('who logs out with a session that has ended comes to the login page, too', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  const logout = (headers: Record<string, string>) =>
    fetch(`${url}/logout`, { method: 'POST', redirect: 'manual', headers: { ...page, ...headers } })
  for (const cookie of ['', 'operator=0.x', cookieOf(await login(url))]) {
    const left = await logout({ cookie, origin: url })
    assert.deepEqual([left.status, left.headers.get('location')], [303, '/login'])
    assert.match(String(left.headers.get('set-cookie')), /^operator=;.*Max-Age=0/)
  }
  await assertProblem(await logout({ origin: 'https://evil.example' }), { slug: 'forbidden' })
})

test('behind a trusted proxy a guesser keeps out nobody else, acts are told with who did them, and the cookie is for TLS', async (t) => {
  const logged: { address?: string; operator?: string }[] = []
  const log = pino({ level: 'info' }, { write: (text: string) => void logged.push(JSON.parse(text)) })
  const { url } = await startOperations(t, { opsToken, log, trustProxy: ['127.0.0.0/8'] })
  const from = (address: string) => ({ 'x-forwarded-for': address, 'x-forwarded-proto': 'https' })
  for (let i = 0; i < 10; i++) await login(url, from('192.0.2.1'), `guess ${i}`)
  await assertProblem(await login(url, from('192.0.2.1')), { slug: 'rate-limited' })

  // What a client says itself stands before what the proxy adds, and is believed by nobody.
  const entered = await login(url, from('192.0.2.1, 198.51.100.7'))
  assert.match(String(entered.headers.get('set-cookie')), /; Secure$/)
  assert.ok(logged.some(({ address }) => address === '198.51.100.7'))
  const acting = { cookie: cookieOf(entered), ...from('198.51.100.7') }
  assert.equal((await put(`${url}/products/x`, desk, acting)).status, 201)
  assert.ok(logged.some(({ operator }) => operator === 'session 198.51.100.7'))
})

test('what a client says of its address and of TLS is not believed without a trusted proxy', async (t) => {
  const { url } = await startOperations(t, { opsToken, trustProxy: ['10.0.0.0/8'] })
  const from = (i: number) => ({ 'x-forwarded-for': `192.0.2.${i}`, 'x-forwarded-proto': 'https' })
  assert.doesNotMatch(String((await login(url, from(0))).headers.get('set-cookie')), /Secure/)
  for (let i = 0; i < 10; i++) await login(url, from(i), `guess ${i}`)
  await assertProblem(await login(url, from(10)), { slug: 'rate-limited' })
})
