import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { type Storefront, startStorefront } from '../../sandbox/storefront.ts'
import type { Lifetime } from '../support/postgres.ts'

const shop = { api: 'http://127.0.0.1:3000', token: 'a-token' }

async function start(lifetime: Lifetime): Promise<Storefront> {
  const storefront = await startStorefront({ port: 0, shop: () => shop })
  lifetime.after(() => storefront.close())
  return storefront
}

describe('What serves the storefront', () => {
  test('The page may load our own files and ask the service, and nothing else', async (t) => {
    const { url } = await start(t)
    const page = await fetch(url)
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'.*connect-src 'self' http:\/\/127\.0\.0\.1:3000;/)
    assert.doesNotMatch(policy, /unsafe|\*/)
    assert.doesNotMatch(await page.text(), /https?:|<style|<script(?! type="module" src="\/)/)
  })

  test('Every file of the page is JavaScript, a style or a drawing, by its type', async (t) => {
    const { url } = await start(t)
    const files = readdirSync(new URL('../../examples/storefront', import.meta.url))
    for (const file of files.filter((name) => /\.(?:ts|css|svg)$/.test(name))) {
      const answer = await fetch(`${url}/${file}`)
      assert.equal(answer.status, 200, file)
      assert.match(answer.headers.get('content-type') ?? '', /^(?:text\/(?:javascript|css)|image\/svg\+xml)/)
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    }
    const client = await fetch(`${url}/clients/typescript/src/client.ts`)
    assert.match(client.headers.get('content-type') ?? '', /^text\/javascript/)
    assert.doesNotMatch(await client.text(), /: ClientOptions|export interface/)
  })

  test('No other file of the project is there', async (t) => {
    const { url } = await start(t)
    const paths = [
      '/package.json',
      '/index.ts',
      '/clients/typescript/package.json',
      '/clients/typescript/generate.ts',
      '/clients/typescript/src/%2e%2e/generate.ts',
      '/..%2fserver.ts',
      '/sandbox/server.ts',
      '/.env',
    ]
    for (const path of paths) assert.equal((await fetch(`${url}${path}`)).status, 404, path)
  })

  test('The token is given to no page that came by another name', async (t) => {
    const { url } = await start(t)
    assert.deepEqual(await (await fetch(`${url}/settings.json`)).json(), shop)
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'rebound.example:3003' }
      request(`${url}/settings.json`, { headers }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end()
    })
    assert.equal(status, 421)
  })

  test('Until the service is there, it says so', async (t) => {
    const storefront = await startStorefront({ port: 0, shop: () => undefined })
    t.after(() => storefront.close())
    assert.equal((await fetch(`${storefront.url}/settings.json`)).status, 503)
  })
})
