import assert from 'node:assert/strict'
import { test } from 'node:test'
import { securityHeaders } from '#plugins/security-headers.ts'
import { buildProblemApp } from '../support/problem-app.ts'

async function build(publicUrl: string) {
  const app = await buildProblemApp()
  await app.register(securityHeaders, { publicUrl })
  app.get('/data', async () => ({}))
  app.get('/page', (_request, reply) =>
    reply.type('text/html').header('content-security-policy', "default-src 'self'").send('<p>'),
  )
  return app
}

test('every answer keeps a browser from doing more with it than it was asked for', async () => {
  const app = await build('http://127.0.0.1:3000')
  for (const url of ['/data', '/page', '/throw']) {
    const { headers } = await app.inject(url)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
    assert.equal(headers['strict-transport-security'], undefined)
  }
  const { headers } = await app.inject('/data')
  assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'")
})

test('a page sets its own content security policy', async () => {
  const app = await build('http://127.0.0.1:3000')
  assert.equal((await app.inject('/page')).headers['content-security-policy'], "default-src 'self'")
})

test('only a service reached over https tells browsers to insist on it', async () => {
  const app = await build('https://api.example.com')
  assert.equal((await app.inject('/data')).headers['strict-transport-security'], 'max-age=31536000')
})
