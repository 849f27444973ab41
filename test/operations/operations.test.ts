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

test('what both listeners share holds for every route', async (t) => {
  const { cache, store } = await startProductService(t)
  const operations = await buildOperations({
    config: { currency: 'USD' },
    publicUrl: 'https://api.example.com',
    productCache: cache,
    productStore: store,
    async shared(app) {
      app.addHook('onRequest', async (_request, reply) => {
        reply.header('x-shared', 'yes')
      })
    },
  })
  t.after(() => operations.close())
  for (const url of ['/login', '/unknown']) {
    assert.equal((await operations.inject({ url })).headers['x-shared'], 'yes')
  }
})
