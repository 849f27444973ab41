import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { headers as documented } from '#src/openapi/headers.ts'
import { buildDocumentedApp, publicUrl, shopOrigin } from './app.ts'
import { operations } from './document.ts'

test('what is documented is routed, and what is routed is documented', async (t) => {
  const { routes } = await buildDocumentedApp(t)
  // What the reader's page is made of is nobody's interface.
  const served = [...routes].filter((route) => route !== 'GET /docs/{file}')
  assert.deepEqual(served.sort(), operations.map(({ name }) => name).sort())
})

test('what is served is the file, with the address of the service in it', async (t) => {
  const { app } = await buildDocumentedApp(t)
  const file = parse(await readFile(new URL('../../openapi.yaml', import.meta.url), 'utf8'))
  const expected = { ...file, servers: [{ url: publicUrl, description: 'This service' }] }

  const yaml = await app.inject('/openapi.yaml')
  assert.equal(yaml.statusCode, 200)
  assert.equal(yaml.headers['content-type'], 'application/yaml')
  assert.deepEqual(parse(yaml.body), expected)

  const json = await app.inject('/openapi.json')
  assert.equal(json.statusCode, 200)
  assert.equal(json.headers['content-type'], 'application/json; charset=utf-8')
  assert.deepEqual(json.json(), expected)
})

test('who has the document is told so in a few bytes', async (t) => {
  const { app } = await buildDocumentedApp(t)
  const tags = new Set<unknown>()
  for (const url of ['/openapi.yaml', '/openapi.json']) {
    const { headers } = await app.inject(url)
    assert.match(String(headers.etag), /^"[\w-]{22}"$/)
    assert.match(String(headers['cache-control']), /^public, max-age=\d+$/)
    tags.add(headers.etag)

    const again = await app.inject({ url, headers: { 'if-none-match': String(headers.etag) } })
    assert.equal(again.statusCode, 304)
    assert.equal(again.body, '')
    assert.equal(again.headers.etag, headers.etag)
    assert.equal(again.headers['cache-control'], headers['cache-control'])

    const head = await app.inject({ url, method: 'HEAD' })
    assert.equal(head.statusCode, 200)
    assert.equal(head.headers['content-length'], headers['content-length'])
    assert.equal((await app.inject({ url, headers: { 'if-none-match': '"other"' } })).statusCode, 200)
  }
  assert.equal(tags.size, 2)
})

test('a page in a browser may read every header that is documented, but for those that say so', async (t) => {
  const { app } = await buildDocumentedApp(t)
  const { headers } = await app.inject({ url: '/openapi.json', headers: { origin: shopOrigin } })
  const exposed = String(headers['access-control-expose-headers']).split(', ')
  assert.deepEqual(
    Object.keys(documented).filter((name) => !exposed.includes(name) && !name.startsWith('Access-Control-')),
    [],
  )
})

test('the files of the reader name no maps, which are not served', async (t) => {
  const { app } = await buildDocumentedApp(t)
  for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css', 'start.js']) {
    const { statusCode, body } = await app.inject(`/docs/${file}`)
    assert.equal(statusCode, 200)
    assert.doesNotMatch(body, /sourceMappingURL=\S+\.map/)
    assert.equal((await app.inject(`/docs/${file}.map`)).statusCode, 404)
  }
})
