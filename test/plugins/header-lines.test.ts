import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { headerLines } from '#plugins/header-lines.ts'
import { sendRaw } from '../support/raw-http.ts'

const ours = headerLines({ fewValues: ['etag', 'vary'], manyValues: ['x-request-id'] })

type Answer = (response: ServerResponse) => void

/** What a connection carries back for two requests, the time of day left out. */
async function wire(t: TestContext, Response: typeof ServerResponse, answer: Answer): Promise<string> {
  const server = createServer({ ServerResponse: Response }, (_request, response) => answer(response))
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const get = (connection: string) => `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`
  const { port } = server.address() as AddressInfo
  const text = await sendRaw(port, get('keep-alive') + get('close'))
  return text.replaceAll(/^Date: .*\r\n/gm, '')
}

/** The same, each head's lines in the order of the alphabet. */
async function sorted(t: TestContext, Response: typeof ServerResponse, answer: Answer): Promise<string[][]> {
  return (await wire(t, Response, answer)).split('\r\n\r\n').map((part) => part.split('\r\n').sort())
}

const heads: Record<string, Record<string, string | number | string[]>> = {
  'all of them known': { etag: '"a"', vary: 'Accept', 'x-request-id': 'r-1' },
  'others among them': { server: 'x', etag: '"a"', 'content-length': '2', vary: 'Accept' },
  'values that are lists or numbers': { etag: ['"a"', '"b"'], age: 3, 'set-cookie': ['a=1', 'b=2'] },
  'a body in chunks': { vary: 'Accept', 'transfer-encoding': 'chunked' },
  'the end of the connection': { connection: 'close', etag: '"a"' },
  'letters of Latin-1, a tab, nothing': { etag: '"é"', vary: 'a\tb', 'x-request-id': '' },
  'a value that is longer than any cache keeps': { etag: `"${'e'.repeat(2_000)}"` },
  'other letters': { ETag: '"a"', Vary: 'Accept' },
}

for (const [what, headers] of Object.entries(heads)) {
  test(`The head is what Node writes: ${what}`, async (t) => {
    for (const status of [200, 304]) {
      const answer: Answer = (response) => response.writeHead(status, headers).end('ok')
      assert.deepEqual(await sorted(t, ours, answer), await sorted(t, ServerResponse, answer))
    }
  })
}

for (const [how, answer] of Object.entries<Answer>({
  'one by one': (response) => void response.setHeader('etag', '"a"').setHeader('Vary', 'Accept').end('ok'),
  'one by one and then together': (response) =>
    void response.setHeader('vary', 'Accept').writeHead(200, { etag: '"a"', 'x-request-id': 'r' }).end('ok'),
  'as a list': (response) => void response.writeHead(200, ['etag', '"a"', 'vary', 'Accept']).end('ok'),
  'with a phrase': (response) => void response.writeHead(200, 'Fine', { etag: '"a"' }).end('ok'),
  'not at all': (response) => void response.end('ok'),
})) {
  test(`Headers that are set ${how} are what Node writes`, async (t) => {
    assert.equal(await wire(t, ours, answer), await wire(t, ServerResponse, answer))
  })
}

test('Lines that are known come before those that Node has to look at: this Node asks for them', async (t) => {
  const text = await wire(t, ours, (response) =>
    response
      .writeHead(200, { server: 'x', 'x-request-id': 'r', etag: '"a"', 'content-length': '2' })
      .end('ok'),
  )
  assert.match(text, /^HTTP\/1\.1 200 OK\r\nx-request-id: r\r\netag: "a"\r\nserver: x\r\n/)
})

for (const name of ['etag', 'x-request-id', 'server']) {
  test(`A value of ${name} that would begin another line is refused, each time`, async (t) => {
    const refusals: unknown[] = []
    const text = await wire(t, ours, (response) => {
      try {
        response.writeHead(200, { [name]: 'a\r\nset-cookie: b=1' })
      } catch (error) {
        refusals.push(Reflect.get(Object(error), 'code'))
      }
      response.writeHead(500).end()
    })
    assert.deepEqual(refusals, ['ERR_INVALID_CHAR', 'ERR_INVALID_CHAR'])
    assert.doesNotMatch(text, /set-cookie/)
  })
}

test('A name that Node has to see, or that is none, is refused at the start', () => {
  for (const name of ['content-length', 'connection', 'transfer-encoding', 'date', 'ETag', 'two words', '']) {
    assert.throws(() => headerLines({ fewValues: [name] }), name)
    assert.throws(() => headerLines({ fewValues: [], manyValues: [name] }), name)
  }
})
