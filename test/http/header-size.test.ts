import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'
import { nobodyThere, startService } from '../support/service.ts'

test('Headers over 16 KiB are refused on both listeners, whatever Node is told to take', async (t) => {
  const env = { NODE_OPTIONS: '--max-http-header-size=1000000' }
  const { api, operations } = await startService(t, nobodyThere, env)
  for (const listener of [api, operations]) {
    const ask = async (length: number) => {
      const request = `GET /livez HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nX: ${'x'.repeat(length)}\r\n\r\n`
      return parseAnswers(await sendRaw(Number(new URL(listener).port), request))[0]
    }
    assert.equal((await ask(15_000))?.status, 200)
    const refused = await ask(20_000)
    assert.ok(refused)
    await assertProblem(refused, { slug: 'header-fields-too-large' })
  }
})
