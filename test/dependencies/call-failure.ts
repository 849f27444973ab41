import assert from 'node:assert/strict'
import { CallFailed } from '#plugins/circuit-breakers.ts'

export const CONTEXT = {
  requestId: 'req-42',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
}

/** Fast figures; the ones in force are held by their own tests. */
export const FAST = { attemptTimeoutMs: 250, baseDelayMs: 1, deadlineMs: 5_000, retryReserve: 10 }

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
