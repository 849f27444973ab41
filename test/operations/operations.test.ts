import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startOperations } from './operator-service.ts'

test('problem types begin with a public URL that became known after the start', async (t) => {
  const { operations, problemFormat } = await startOperations(t)
  problemFormat.publicUrl = 'http://127.0.0.1:54321'
  const { type } = (await operations.inject({ url: '/unknown' })).json()
  assert.equal(type, 'http://127.0.0.1:54321/problems/not-found')
})

test('a request id holds for every route', async (t) => {
  const { operations } = await startOperations(t)
  for (const url of ['/login', '/unknown', '/livez']) {
    const { headers } = await operations.inject({ url, headers: { 'x-request-id': 'mine' } })
    assert.equal(headers['x-request-id'], 'mine')
  }
})
