import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'
import { tokenOf } from '../support/shop.ts'
import { listenInProcess } from './in-process.ts'

test('A request that never ends is refused when its time is up, not half a minute later, nor a whole one', async (t) => {
  const api = await listenInProcess(t, {
    env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none', INVENTORY_URL: 'http://127.0.0.1:9' },
    adjust: ({ server }) => {
      assert.equal(server.requestTimeout, 30_000)
      assert.ok(server.headersTimeout <= server.requestTimeout, 'Node would take the longer for the whole')
      server.requestTimeout = 200
      server.headersTimeout = 200
    },
  })
  const headers = [
    'PATCH /users/me HTTP/1.1',
    'Host: shop',
    `Authorization: Bearer ${await tokenOf('somebody')}`,
    'Content-Type: application/merge-patch+json',
    'If-Match: *',
    'Content-Length: 9',
  ]
  for (const half of ['GET /livez HTTP/1.1\r\nHost:', `${headers.join('\r\n')}\r\n\r\n{`]) {
    const [answer, ...others] = parseAnswers(await sendRaw(Number(new URL(api).port), half, 10_000))
    assert.deepEqual(others, [])
    assert.ok(answer)
    await assertProblem(answer, { slug: 'request-timeout' })
  }
})
