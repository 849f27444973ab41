import assert from 'node:assert/strict'
import { CallFailed } from '#plugins/circuit-breakers.ts'
import type { createFakeTime } from '../plugins/fake-time.ts'
import { until } from './fake-server.ts'

export const CONTEXT = {
  requestId: 'req-42',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
}

/** Waits that a test can sit out, and timeouts that no busy machine reaches: those are for a clock of our own. */
export const FAST = { attemptTimeoutMs: 10_000, baseDelayMs: 1, deadlineMs: 60_000, retryReserve: 10 }

/** Ends each attempt that the server has seen at its timeout, on the policy's own clock. */
export async function cutOff(
  time: ReturnType<typeof createFakeTime>,
  { attempts, seen }: { attempts: number; seen: () => number },
): Promise<void> {
  for (let n = 1; n <= attempts; n++) {
    await until(() => seen() >= n, `attempt ${n}`)
    await time.advance(FAST.attemptTimeoutMs)
    // The wait before the next.
    await time.advance(100)
  }
}

export async function callFailure(call: Promise<unknown>): Promise<CallFailed> {
  const error = await call.then(
    (answer) => assert.fail(`answered ${JSON.stringify(answer)}`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof CallFailed, String(error))
  return error
}

/** Every message down to the last cause, as a log would have it. */
export function wordsOf(error: unknown): string {
  const words: string[] = []
  for (let at = error; at instanceof Error; at = at.cause) words.push(at.stack ?? '', JSON.stringify(at))
  return words.join('\n')
}
