import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'
import { startOperations } from './operator-service.ts'

test('problem types begin with a public URL that became known after the start', async (t) => {
  const { operations, problemFormat } = await startOperations(t)
  problemFormat.publicUrl = 'http://127.0.0.1:54321'
  const { type } = (await operations.inject({ url: '/unknown' })).json()
  assert.equal(type, 'http://127.0.0.1:54321/problems/not-found')
})

test('a request id holds for every route', async (t) => {
  const { operations } = await startOperations(t)
  for (const url of ['/login', '/unknown', '/livez']) {
    const { headers } = await operations.inject({ url, headers: { 'x-request-id': 'mine' } })
    assert.equal(headers['x-request-id'], 'mine')
  }
})

const asked = (line: string, ...headers: string[]) =>
  `${[line, 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`
const answeredOrRefused: [status: number, request: string][] = [
  [200, asked('GET /livez HTTP/1.1', 'Host: localhost')],
  [401, asked('GET /stats HTTP/1.1', 'Host: localhost')],
  [303, asked('GET / HTTP/1.1', 'Host: localhost', 'Accept: text/html')],
  [404, asked('GET /nope HTTP/1.1', 'Host: localhost')],
  [405, asked('POST /stats HTTP/1.1', 'Host: localhost')],
  [400, asked('GET /%zz HTTP/1.1', 'Host: localhost')],
  [414, asked(`GET /${'a'.repeat(5_000)} HTTP/1.1`, 'Host: localhost')],
  [400, asked('GET / HTTP/1.1')],
  [400, asked('BREW / HTTP/1.1', 'Host: localhost')],
  [431, asked('GET / HTTP/1.1', 'Host: localhost', `Cookie: ${'a'.repeat(20_000)}`)],
  [405, asked('CONNECT a:443 HTTP/1.1', 'Host: a:443')],
]

test('a browser is told not to guess at the type of any answer, whoever refuses', async (t) => {
  const { url } = await startOperations(t, { opsToken: 'a-token-for-tests' })
  for (const [status, request] of answeredOrRefused) {
    const [answer, ...others] = parseAnswers(await sendRaw(Number(new URL(url).port), request))
    assert.deepEqual(others, [])
    assert.equal(answer?.status, status, request.slice(0, 40))
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', request.slice(0, 40))
  }
})

test('no page can be framed, and each says where it came from to its own site only', async (t) => {
  const { operations } = await startOperations(t)
  for (const url of ['/', '/login']) {
    const { headers } = await operations.inject(url)
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.equal(headers['referrer-policy'], 'same-origin')
    assert.equal(headers['x-frame-options'], 'DENY')
  }
})

test('a request for an upgrade is the last one of its connection here, too', async (t) => {
  const { url } = await startOperations(t)
  const request = 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
  const answers = parseAnswers(await sendRaw(Number(new URL(url).port), request + request))
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers.get('connection')]),
    [[200, 'close']],
  )
})
