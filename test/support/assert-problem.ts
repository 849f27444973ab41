import assert from 'node:assert/strict'
import { type ProblemSlug, problems } from '#src/problems.ts'

/** What a test expects of a problem; whatever every problem promises is checked without being named. */
export interface ExpectedProblem {
  slug: ProblemSlug
  /** Default: the catalogue's status for the slug. */
  status?: number
  detail?: string | RegExp
  /** Every extension member, no more and no fewer. Left out: they are only checked to be mirrored. */
  extensions?: Record<string, unknown>
  /** Headers beyond those that every problem has. */
  headers?: Record<string, string | RegExp>
  /** Request id; default: any. Of a replayed problem it differs from the `X-Request-Id` header. */
  instance?: string
  /** Default: anything before `/problems/`. */
  publicUrl?: string
}

/** The part of the answer of `app.inject` that is looked at. */
export interface InjectedResponse {
  statusCode: number
  headers: Record<string, number | string | string[] | undefined>
  body: string
}

/** Holds an answer, from `fetch` or `app.inject`, against all that is promised of a problem; gives its body. */
export async function assertProblem(
  response: Response | InjectedResponse,
  expected: ExpectedProblem,
): Promise<Record<string, unknown>> {
  const { status, headers, text } = await read(response)
  const type = problems[expected.slug]
  assert.equal(status, expected.status ?? type.status, `status of ${expected.slug}: ${text}`)
  assert.equal(headers.get('content-type'), 'application/problem+json')
  assert.equal(headers.get('cache-control'), 'no-store')
  for (const leftover of ['location', 'last-modified', 'content-encoding']) {
    assert.equal(headers.get(leftover), null, `${leftover} is about a representation that was not sent`)
  }

  const vary = (headers.get('vary') ?? '').split(',').map((name) => name.trim().toLowerCase())
  assert.ok(vary.includes('accept') && vary.includes('accept-version'), `Vary is ${vary.join()}`)
  assert.equal(new Set(vary).size, vary.length, `Vary names each header once: ${vary.join()}`)

  const requestId = headers.get('x-request-id') ?? ''
  assert.match(requestId, /^[A-Za-z0-9._-]{1,128}$/)

  const body = parseObject(text)
  const { type: uri, title, status: bodyStatus, detail, instance, extensions, ...members } = body
  assert.ok(typeof uri === 'string' && uri.endsWith(`/problems/${expected.slug}`), `type is ${String(uri)}`)
  if (expected.publicUrl !== undefined) assert.equal(uri, `${expected.publicUrl}/problems/${expected.slug}`)
  assert.ok((headers.get('link') ?? '').includes(`<${uri}>; rel="help"`), `Link is ${headers.get('link')}`)
  assert.equal(title, type.title)
  assert.equal(bodyStatus, status)
  assert.equal(instance, expected.instance ?? requestId)
  assert.deepEqual(extensions, Object.keys(members).length === 0 ? undefined : members)
  if (expected.extensions !== undefined) assert.deepEqual(members, expected.extensions)
  assert.ok(typeof detail === 'string' && detail.length > 0)
  if (expected.detail !== undefined) assertText(detail, expected.detail, 'detail')
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    assertText(headers.get(name) ?? '', value, name)
  }
  if (status >= 500)
    assert.doesNotMatch(text, /\bat \S+:\d+|node_modules|select |insert |ECONN|127\.0\.0\.1:/)
  return body
}

function assertText(actual: string, expected: string | RegExp, what: string): void {
  if (expected instanceof RegExp) assert.match(actual, expected, what)
  else assert.equal(actual, expected, what)
}

async function read(response: Response | InjectedResponse) {
  if (response instanceof Response) {
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const headers = new Headers()
  for (const [name, value] of Object.entries(response.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, String(one))
    }
  }
  return { status: response.statusCode, headers, text: response.body }
}

function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value))
  return { ...value }
}
