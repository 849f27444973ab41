import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileViolations } from '#plugins/validation.ts'
import { problemPages } from '#src/problem-pages.ts'
import type { ProblemDefinition } from '#src/problems/definition.ts'
import { problem, problems } from '#src/problems.ts'
import { assertProblem } from './support/assert-problem.ts'
import { buildProblemApp } from './support/problem-app.ts'

const entries: [string, ProblemDefinition][] = Object.entries(problems)

/** Slugs and statuses as they are published. Clients match on them: a change here is a breaking change. */
const published = `
  validation-failed 400, malformed-request 400, idempotency-key-missing 400, idempotency-key-invalid 400,
  unauthorized 401, payment-declined 402, forbidden 403, not-found 404, method-not-allowed 405, not-acceptable 406,
  request-timeout 408, insufficient-stock 409, idempotency-in-progress 409, order-not-cancellable 409,
  order-in-progress 409, order-closed 409, patch-test-failed 409, version-sunset 410, precondition-failed 412,
  payload-too-large 413, uri-too-long 414, unsupported-media-type 415, idempotency-key-reused 422,
  patch-rejected 422, precondition-required 428, rate-limited 429, header-fields-too-large 431,
  internal-error 500, service-unavailable 503, overloaded 503`

test('the catalogue has the problems that were published, with their statuses', () => {
  const expected = published.split(',').map((entry) => entry.trim())
  assert.deepEqual(entries.map(([slug, { status }]) => `${slug} ${status}`).sort(), expected.sort())
})

for (const [slug, definition] of entries) {
  test(`${slug} is told in full sentences, and its example is one that could be sent`, async () => {
    for (const text of [definition.detail, definition.meaning, definition.remedy])
      assert.match(text, /^[A-Z].*\.$/s)
    assert.match(definition.title, /^[A-Z]/)
    const { extensions = {} } = definition.example
    if (definition.members === undefined) assert.deepEqual(extensions, {})
    else assert.deepEqual(compileViolations(definition.members, 'body')(extensions), [])
  })
}

test('a wrong slug, or members that a problem does not have, do not compile', () => {
  // @ts-expect-error no such slug
  assert.equal(problem('no-such-problem').slug, 'no-such-problem')
  // @ts-expect-error members are missing
  assert.equal(problem('payment-declined').slug, 'payment-declined')
  // @ts-expect-error it has no members
  assert.equal(problem('unauthorized', { extensions: { a: 1 } }).slug, 'unauthorized')
  const right = problem('payment-declined', { extensions: { orderId: 'ord_1', declineCode: 'expired_card' } })
  assert.equal(right.extensions.declineCode, 'expired_card')
})

async function build() {
  const app = await buildProblemApp()
  await app.register(problemPages)
  return app
}

test('every type resolves to a page for a browser and a document for a program', async () => {
  const app = await build()
  for (const [slug, { title, status }] of entries) {
    const html = await app.inject({ url: `/problems/${slug}`, headers: { accept: 'text/html,*/*;q=0.8' } })
    assert.equal(html.statusCode, 200)
    assert.equal(html.headers['content-type'], 'text/html; charset=utf-8')
    assert.ok(html.body.includes(`<h1>${title}</h1>`))
    const json = await app.inject(`/problems/${slug}`)
    assert.equal(json.headers['content-type'], 'application/json; charset=utf-8')
    const { type, example } = json.json()
    assert.equal(type, `https://api.example.com/problems/${slug}`)
    assert.equal(example.status, status)
    for (const { headers } of [html, json]) {
      assert.match(String(headers.vary), /^Accept, Accept-Version\b/)
      assert.equal(headers['cache-control'], 'public, max-age=3600')
    }
  }
})

test('a page loads nothing, runs nothing and cannot be framed', async () => {
  const app = await build()
  for (const url of ['/problems', '/problems/not-found']) {
    const { body, headers } = await app.inject({ url, headers: { accept: 'text/html' } })
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; style-src 'sha256-[^']+';.*frame-ancestors 'none'$/,
    )
    assert.doesNotMatch(body, /<script|<link|<img|@import|url\(|style="|undefined/)
  }
})

test('the list leads to every page', async () => {
  const app = await build()
  const { body } = await app.inject({ url: '/problems', headers: { accept: 'text/html' } })
  const links = [...body.matchAll(/href="([^"]+)"/g)].map(([, link]) => link)
  assert.equal(links.length, entries.length)
  for (const link of links) assert.equal((await app.inject(`${link}`)).statusCode, 200)
  const statuses = (await app.inject('/problems'))
    .json()
    .problems.map((each: { status: number }) => each.status)
  assert.deepEqual(statuses, statuses.toSorted())
})

test('a problem that there is none of is a problem', async () => {
  const app = await build()
  for (const slug of ['nothing', 'constructor', '__proto__', '<b>']) {
    await assertProblem(await app.inject(`/problems/${encodeURIComponent(slug)}`), { slug: 'not-found' })
  }
})
