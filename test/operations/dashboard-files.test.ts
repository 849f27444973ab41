import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '../../sandbox/server.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { put, startOperations } from './operator-service.ts'

const html = { accept: 'text/html,application/xhtml+xml' }
const FILES = fileURLToPath(new URL('../../src/operations/dashboard', import.meta.url))

test('the page may load what is ours and nothing else, and is never framed', async (t) => {
  const { url } = await startOperations(t)
  const page = await fetch(url, { headers: html })
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(
    page.headers.get('content-security-policy'),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  )
  const loaded = [...(await page.text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
    ([, path = '']) => path,
  )
  assert.ok(loaded.length > 5)
  for (const path of [...loaded, '/assets/uplot.js']) {
    const file = await fetch(`${url}${path}`)
    assert.equal(file.status, 200, path)
    assert.match(String(file.headers.get('content-type')), /^(?:text\/(?:css|javascript)|image\/svg\+xml); /)
    assert.equal(file.headers.get('x-content-type-options'), 'nosniff')
  }
  await assertProblem(await fetch(`${url}/assets/dashboard.html`), { slug: 'not-found' })
  await assertProblem(await fetch(`${url}/assets/..%2fdashboard.ts`), { slug: 'not-found' })
})

test('page and files are sent once, and then answered 304', async (t) => {
  const { url } = await startOperations(t)
  for (const path of ['/', '/assets/dashboard.js', '/assets/uplot.css']) {
    const etag = String((await fetch(`${url}${path}`)).headers.get('etag'))
    assert.match(etag, /^"[\w-]{22}"$/)
    const again = await fetch(`${url}${path}`, { headers: { 'if-none-match': etag } })
    assert.deepEqual([again.status, await again.text()], [304, ''])
    const head = await fetch(`${url}${path}`, { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('etag')], [200, etag])
  }
})

test('with a token a browser is sent to log in, and its login page gets its style', async (t) => {
  const { url } = await startOperations(t, { opsToken: 'a-token-for-tests' })
  const lost = await fetch(url, { headers: html, redirect: 'manual' })
  assert.deepEqual([lost.status, lost.headers.get('location')], [303, '/login'])
  await assertProblem(await fetch(url), { slug: 'unauthorized' })
  await assertProblem(await fetch(`${url}/stats`), { slug: 'unauthorized' })
  assert.equal((await fetch(`${url}/assets/login.css`)).status, 200)
})

test('nothing of ours needs an exception from the policy', () => {
  for (const file of globSync('*.{html,js}', { cwd: FILES })) {
    const text = readFileSync(`${FILES}/${file}`, 'utf8')
    assert.doesNotMatch(text, /\sstyle=|\son[a-z]+=|<style|<script(?! type="module" src=)/, file)
    assert.doesNotMatch(text, /\b(?:innerHTML|outerHTML|insertAdjacentHTML|eval|new Function)\b/, file)
  }
})

test('the switches reach the sandbox, and its refusals and its absence are problems', async (t) => {
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, seed: 1 })
  t.after(() => sandbox.close())
  const { url } = await startOperations(t, { sandboxUrl: sandbox.url })
  const set = await put(`${url}/sandbox/faults/payment`, { mode: 'hang', rate: 0.5 })
  assert.equal(set.status, 200)
  const faults = JSON.parse(await (await fetch(`${url}/sandbox/faults`)).text())
  assert.deepEqual([faults.payment.mode, faults.payment.rate], ['hang', 0.5])

  const refusal = { slug: 'malformed-request' } as const
  await assertProblem(await put(`${url}/sandbox/faults/payment`, { mode: 'odd' }), refusal)
  await assertProblem(await put(`${url}/sandbox/faults/bank`, { mode: 'none' }), refusal)
  const body = JSON.stringify({ orders: 20 })
  const headers = { 'content-type': 'application/json' }
  // Nobody has opened a shop.
  await assertProblem(await fetch(`${url}/sandbox/orders`, { method: 'POST', body, headers }), refusal)
  const foreign = { origin: 'https://evil.example' }
  await assertProblem(await put(`${url}/sandbox/faults/payment`, { mode: 'none' }, foreign), {
    slug: 'forbidden',
  })

  await sandbox.close()
  await assertProblem(await fetch(`${url}/sandbox/faults`), { slug: 'service-unavailable' })
})
