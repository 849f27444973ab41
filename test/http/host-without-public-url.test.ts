import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpUrl } from '#src/http-url.ts'
import { listenInProcess } from './in-process.ts'

for (const host of ['::', '::1']) {
  test(`HOST=${host} needs no PUBLIC_URL`, async (t) => {
    const env = {
      HOST: host,
      DATABASE_URL: 'postgres://127.0.0.1:9/none',
      INVENTORY_URL: 'http://127.0.0.1:9',
    }
    const api = await listenInProcess(t, { env })
    const response = await fetch(`${api}/nothing`)
    assert.equal(response.status, 404)
  })
}

test('an IPv6 address stands in brackets in a URL, and nothing else does', () => {
  assert.equal(httpUrl('::1', 3000), 'http://[::1]:3000')
  assert.equal(httpUrl('127.0.0.1', 3000), 'http://127.0.0.1:3000')
  assert.equal(httpUrl('shop.test', 3000), 'http://shop.test:3000')
})
