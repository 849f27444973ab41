import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createClient } from '../../../clients/typescript/src/client.ts'
import { type ClientOptions, settle } from '../../../clients/typescript/src/options.ts'
import { startFaultyProxy } from '../faulty-proxy.ts'

const numbers = ['deadlineMs', 'maxAttempts', 'attemptTimeoutMs', 'baseDelayMs', 'maxDelayMs'] as const

describe('Options of the client', () => {
  const required: ClientOptions<2> = { baseUrl: 'http://127.0.0.1:9', version: 2 }

  test('What is undefined is what it would be if it were left out', () => {
    const { retry } = settle(required)
    const unset = Object.fromEntries([...numbers, 'random'].map((name) => [name, undefined]))
    assert.deepEqual(settle({ ...required, retry: unset }).retry, retry)
    const some = settle({ ...required, retry: { deadlineMs: undefined, maxAttempts: 3 } })
    assert.deepEqual(some.retry, { ...retry, maxAttempts: 3 })
  })

  test('An address that is no URL of HTTP is refused when the client is made', () => {
    for (const baseUrl of [
      'localhost:3000',
      'api.example.com',
      '/api',
      '',
      'ftp://a',
      'file:///a',
      'blob:http://a/b',
    ]) {
      assert.throws(() => createClient({ ...required, baseUrl }), TypeError, baseUrl)
    }
    assert.throws(() => createClient({ ...required, baseUrl: 'localhost:3000' }), {
      message: 'baseUrl has to begin with http:// or https://, and is localhost:3000',
    })
    assert.equal(settle({ ...required, baseUrl: 'HTTPS://a.example/api/' }).baseUrl, 'https://a.example/api')
  })

  test('A number that can be none is refused when the client is made, by its name', () => {
    for (const name of numbers) {
      for (const value of [Number.NaN, -1, 0, Number.NEGATIVE_INFINITY]) {
        assert.throws(() => createClient({ ...required, retry: { [name]: value } }), {
          name: 'RangeError',
          message: `${name} has to be a number above 0, and is ${value}`,
        })
      }
      createClient({ ...required, retry: { [name]: Number.POSITIVE_INFINITY } })
    }
    // As a setting of the environment is, where no compiler looks.
    const text: object = { deadlineMs: '5000' }
    assert.throws(() => createClient({ ...required, retry: text }), RangeError)
  })

  test('No cookie goes with a request, and no redirect is followed', async () => {
    const sent: (RequestInit | undefined)[] = []
    const client = createClient({
      ...required,
      fetch: async (_url, request) => {
        sent.push(request)
        return Response.json({}, { headers: { 'api-version': '2' } })
      },
    })
    await client.products.get('desk')
    assert.deepEqual(
      sent.map((request) => [request?.credentials, request?.redirect]),
      [['omit', 'manual']],
    )
  })

  test('A deadline that is none is refused before anything is sent', async (t) => {
    const { url, seen } = await startFaultyProxy(t, 'http://127.0.0.1:9')
    const client = createClient({ ...required, baseUrl: url })
    for (const deadlineMs of [Number.NaN, 0, -1]) {
      await assert.rejects(client.products.get('desk', { deadlineMs }), RangeError)
    }
    assert.equal(seen.length, 0)
  })
})
