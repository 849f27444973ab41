import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildOperations } from '#src/operations.ts'
import { startProductService } from '../products/product-service.ts'

test('problem types begin with a public URL that became known after the start', async (t) => {
  const { cache, store } = await startProductService(t)
  const options = { config: { currency: 'USD' }, publicUrl: '', productCache: cache, productStore: store }
  const operations = await buildOperations(options)
  t.after(() => operations.close())
  options.publicUrl = 'http://127.0.0.1:54321'
  const { type } = (await operations.inject({ url: '/unknown' })).json()
  assert.equal(type, 'http://127.0.0.1:54321/problems/not-found')
})
