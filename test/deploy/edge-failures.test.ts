import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { before, beforeEach, describe, test } from 'node:test'
import { problems } from '#src/problems.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { needs } from '../support/programs.ts'
import { edges } from './edges.ts'
import { ask } from './http-client.ts'

for (const { name, needs: needed, start } of edges) {
  describe(`An origin that fails ${name}`, needs(needed), () => {
    const lifetime = lifetimeOfSuite()
    let edge: string
    let asked: string[] = []
    /** How many connections are cut in the middle of a request before one is answered. */
    let cuts = 0

    before(async () => {
      const server = createServer((request, response) => {
        asked.push(request.method ?? '')
        if (cuts-- > 0) request.socket.destroy()
        else
          response
            .setHeader('vary', 'Accept-Language')
            .setHeader('cache-control', 'public, max-age=60')
            .end('{}')
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      lifetime.after(async () => void server.close().closeAllConnections())
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('no port')
      edge = await start(lifetime, address.port)
    })

    beforeEach(() => {
      asked = []
      cuts = 0
    })

    test('What only reads is asked once more, and not for ever', async () => {
      for (const path of ['/products/desk', '/orders']) {
        asked = []
        cuts = 1
        assert.equal((await ask(`${edge}${path}`)).status, 200, path)
        assert.equal(asked.length, 2, path)
      }
      asked = []
      cuts = 10
      assert.equal((await ask(`${edge}/orders`)).status, 503)
      // Varnish has a try of its own beside, where the connection was an old one that may just have been closed.
      assert.ok(asked.length <= 3, String(asked.length))
    })

    test('What changes something and may have been done is sent once, and its failure is a problem', async () => {
      for (const method of ['POST', 'PATCH']) {
        asked = []
        cuts = 1
        const { status, ...answer } = await ask(`${edge}/orders`, { method, body: '{}' })
        const slug = 'service-unavailable'
        const headers = { 'retry-after': /^\d+$/ }
        await assertProblem(
          { statusCode: status, ...answer },
          { slug, detail: problems[slug].detail, headers },
        )
        assert.deepEqual(asked, [method])
      }
    })

    test('An answer that varies on something else is not given to whoever asks with another one', async () => {
      for (const language of ['de', 'fr', 'it']) {
        await ask(`${edge}/products/desk`, { headers: { 'accept-language': language } })
      }
      assert.equal(asked.length, 3)
    })
  })
}
