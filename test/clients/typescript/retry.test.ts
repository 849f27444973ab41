import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { problems } from '#src/problems.ts'
import {
  isFinal,
  NetworkError,
  ProblemError,
  type ProblemSlug,
  type Problems,
  problemSlugs,
  TimeoutError,
  UnexpectedAnswerError,
} from '../../../clients/typescript/src/client.ts'
import { type Repeatable, type RetryPolicy, withRetries } from '../../../clients/typescript/src/retry.ts'

const policy: RetryPolicy = {
  deadlineMs: Number.POSITIVE_INFINITY,
  maxAttempts: 2,
  attemptTimeoutMs: 1_000,
  baseDelayMs: 250,
  maxDelayMs: 10_000,
  random: () => 1,
}

/** The pauses that a call makes for which nothing ever comes but one failure; none of them is waited for. */
async function pausesAfter(
  t: TestContext,
  error: Error,
  repeatable: Repeatable,
  over: Partial<RetryPolicy> = {},
) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const pauses: number[] = []
  let ended = false
  const call = withRetries(
    { ...policy, ...over },
    repeatable,
    undefined,
    () => Promise.reject(error),
    (_error, retryInMs) => {
      if (retryInMs !== undefined) pauses.push(retryInMs)
    },
  ).finally(() => {
    ended = true
  })
  const refused = assert.rejects(call, (thrown) => thrown === error)
  while (!ended) {
    await turn()
    t.mock.timers.tick(100_000)
  }
  await refused
  t.mock.timers.reset()
  return pauses
}

function problemOf<S extends ProblemSlug>(slug: S, problem: Problems[S] = Object(problems[slug].example)) {
  return new ProblemError(slug, problem, { status: problems[slug].status })
}

const unexpected = (status: number) => new UnexpectedAnswerError('A page of some proxy', '', { status })

describe('What the client sends again', () => {
  const refused = ['idempotency-in-progress', 'order-in-progress', 'rate-limited', 'overloaded']
  const always = [...refused, 'request-timeout', 'internal-error', 'service-unavailable']
  for (const [repeatable, expected] of [['refused', refused] as const, ['always', always] as const]) {
    test(`Of what may be repeated ${repeatable === 'refused' ? 'if it was not begun' : 'always'}, these problems`, async (t) => {
      const repeated: string[] = []
      for (const slug of problemSlugs) {
        if ((await pausesAfter(t, problemOf(slug), repeatable)).length > 0) repeated.push(slug)
      }
      assert.deepEqual(repeated.toSorted(), expected.toSorted())
    })
  }

  test('What was lost, or answered by something else that will pass, if it may be repeated always', async (t) => {
    const passing = [
      new NetworkError(undefined),
      new TimeoutError(1),
      ...[408, 429, 500, 599].map(unexpected),
    ]
    const lasting = [new TypeError(), ...[0, 200, 302, 400, 404, 409, 428].map(unexpected)]
    for (const error of passing) {
      assert.equal((await pausesAfter(t, error, 'always')).length, 1, error.message)
      assert.equal((await pausesAfter(t, error, 'refused')).length, 0, error.message)
    }
    for (const error of lasting)
      assert.equal((await pausesAfter(t, error, 'always')).length, 0, error.message)
  })

  test('As often as it may, with pauses that double up to a bound', async (t) => {
    const error = new NetworkError(undefined)
    const longer = { maxAttempts: 8 }
    assert.deepEqual(
      await pausesAfter(t, error, 'always', longer),
      [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000],
    )
    assert.deepEqual(await pausesAfter(t, error, 'always', { maxAttempts: 3, random: () => 0.5 }), [125, 250])
  })

  test('Not before the service asks for it, and after that spread over the first pause only', async (t) => {
    const error = new UnexpectedAnswerError('Maintenance', '', { status: 503, retryAfterMs: 3_000 })
    assert.deepEqual(await pausesAfter(t, error, 'always', { maxAttempts: 4 }), [3_250, 3_250, 3_250])
  })

  test('Never once the deadline would be passed', async (t) => {
    assert.deepEqual(await pausesAfter(t, new NetworkError(undefined), 'always', { deadlineMs: 250 }), [])
  })

  test('No refusal of an order is its last word but these', () => {
    assert.deepEqual(problemSlugs.filter((slug) => isFinal(problemOf(slug))).toSorted(), [
      'forbidden',
      'idempotency-key-reused',
      'insufficient-stock',
      'not-found',
      'payload-too-large',
      'payment-declined',
      'validation-failed',
    ])
  })
})
