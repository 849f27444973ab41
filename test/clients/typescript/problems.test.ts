import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { Static, TObject } from 'typebox'
import { Problem, renderProblem } from '#plugins/problem-details.ts'
import type { ProblemDefinition } from '#src/problems/definition.ts'
import { problems, type ProblemSlug as ServiceSlug } from '#src/problems.ts'
import {
  createClient,
  isProblem,
  type ProblemSlug,
  type Problems,
  problemSlugs,
} from '../../../clients/typescript/src/client.ts'
import { type Fault, startFaultyProxy } from '../faulty-proxy.ts'

type Same<One, Other> = [One, Other] extends [Other, One] ? true : false

/** Does not compile unless the client's union is the service's catalogue, slug for slug. */
const sameSlugs: Same<ProblemSlug, ServiceSlug> = true

/** The slugs whose members the client does not have as the service declares them. */
type Differing = {
  [S in ServiceSlug]: (typeof problems)[S] extends { members: infer M extends TObject }
    ? Problems[S] extends Static<M>
      ? never
      : S
    : never
}[ServiceSlug]
/** Does not compile unless there are none. */
const sameMembers: Same<Differing, never> = true

/** Asks for an order at a service that gives this answer, over real HTTP. */
async function failureAfter(t: TestContext, fault: Fault): Promise<unknown> {
  const proxy = await startFaultyProxy(t, 'http://127.0.0.1:9')
  proxy.judgeBy(() => fault)
  const client = createClient({ baseUrl: proxy.url, version: 2, token: 'any', retry: { maxAttempts: 1 } })
  return await client.orders.get('ord_1').then(
    () => assert.fail('it succeeded'),
    (error) => error,
  )
}

const json = { 'content-type': 'application/json' }

describe('What the client makes of a refusal', () => {
  test('The union of problems is the catalogue, at compile time and at run time', () => {
    assert.ok(sameSlugs && sameMembers)
    assert.deepEqual(problemSlugs.toSorted(), Object.keys(problems).toSorted())
  })

  test('Every problem of the catalogue becomes its own error, with its members', async (t) => {
    const catalogue: Record<string, ProblemDefinition> = problems
    for (const slug of problemSlugs) {
      const { detail, extensions } = catalogue[slug]?.example ?? {}
      const format = { catalogue, publicUrl: 'https://elsewhere.example' }
      const rendered = renderProblem(new Problem(slug, { detail, extensions }), 'an-id', format)
      const headers = { 'content-type': 'application/problem+json', 'x-request-id': 'an-id' }
      const error = await failureAfter(t, { status: rendered.status, headers, body: rendered.body })
      assert.ok(isProblem(error, slug), slug)
      assert.equal(error.status, catalogue[slug]?.status)
      assert.equal(error.message, detail)
      assert.equal(error.requestId, 'an-id')
      assert.deepEqual(error.problem, JSON.parse(rendered.body))
    }
  })

  test('A guard knows the members, and a switch over slugs knows them case by case', () => {
    // Compiled, not run: that it compiles is what is tested.
    const inWords = (error: unknown): string => {
      if (isProblem(error, 'insufficient-stock')) return `${error.problem.items[0]?.available}`
      if (!isProblem(error)) return ''
      switch (error.slug) {
        case 'payment-declined':
          return error.problem.declineCode
        case 'validation-failed':
          return error.problem.errors.map(({ pointer }) => pointer).join()
        default: {
          // @ts-expect-error not every problem has a decline code
          return `${error.problem.declineCode}`
        }
      }
    }
    assert.equal(inWords(new Error('other')), '')
  })

  const strange: [string, Fault, string][] = [
    [
      'A page of some proxy',
      { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Oh</h1>' },
      'An answer that is not JSON',
    ],
    [
      'A success that is not JSON',
      { status: 200, headers: json, body: '{"id":' },
      'An answer that is not JSON',
    ],
    ['An empty answer', { status: 200 }, 'An answer that is not JSON'],
    [
      'JSON that is no problem',
      { status: 400, headers: json, body: '{"error":"no"}' },
      'An error that is no problem of this service',
    ],
    [
      'Another version than was asked for',
      { status: 200, headers: { ...json, 'api-version': '1' }, body: '{}' },
      'An answer in version 1',
    ],
    ['A 304 that nobody asked for', { status: 304 }, 'An answer that is not JSON'],
  ]
  for (const [what, fault, message] of strange) {
    test(`${what} is an error that says so`, async (t) => {
      const error = await failureAfter(t, fault)
      assert.ok(error instanceof Error && error.name === 'UnexpectedAnswerError')
      assert.ok(error.message.startsWith(message), error.message)
    })
  }

  test('A problem that this release does not know keeps what it says', async (t) => {
    const problem = {
      type: 'https://api.example.com/problems/strike',
      title: 'Strike',
      status: 409,
      detail: 'Not today.',
    }
    const headers = { 'content-type': 'application/problem+json' }
    const error = await failureAfter(t, { status: 409, headers, body: JSON.stringify(problem) })
    assert.ok(error instanceof Error && 'problem' in error && !isProblem(error))
    assert.deepEqual(error.problem, problem)
  })

  test('A service that is not there is a network error', async () => {
    const client = createClient({ baseUrl: 'http://127.0.0.1:9', version: 2, retry: { maxAttempts: 1 } })
    await assert.rejects(client.products.get('desk'), { name: 'NetworkError', attempts: 1 })
  })
})
