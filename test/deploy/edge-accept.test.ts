import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createLifecycles } from '#plugins/accept-version/lifecycle.ts'
import { createVersionChooser } from '#plugins/accept-version/version-chooser.ts'
import type { Lifetime } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { edges } from './edges.ts'
import { ask } from './http-client.ts'

const RUNS = 1_000
const SEED = Number(process.env.EDGE_SEED ?? Date.now() % 1_000_000)

const PATHS = ['/products/desk', '/products']

interface Wish {
  path: string
  accept: string | undefined
  acceptVersion: string | undefined
}

/** Headers that clients really send, with what the edge makes of them. Undefined: passed on as it is. */
const known: [wish: string | undefined, acceptVersion: string | undefined, sent: string | undefined][] = [
  [undefined, undefined, ''],
  ['', undefined, ''],
  ['*/*', undefined, ''],
  ['application/json', undefined, ''],
  ['application/json, text/plain, */*', undefined, ''],
  ['application/json, text/javascript, */*; q=0.01', undefined, ''],
  ['application/json;charset=UTF-8', undefined, ''],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', undefined, ''],
  ['text/html, image/gif, image/jpeg, */*; q=0.2', undefined, ''],
  ['application/*;q=0.5', undefined, ''],
  [undefined, '2', 'application/json; version=2'],
  ['*/*', '2', 'application/json; version=2'],
  ['application/json; version=2', undefined, 'application/json; version=2'],
  ['application/json;VERSION="2" ; q=0.9', undefined, 'application/json; version=2'],
  ['*/*;version=1', undefined, 'application/json; version=1'],
  ['application/vnd.holdfast.product+json', undefined, 'application/vnd.holdfast+json'],
  ['application/vnd.holdfast+json', undefined, 'application/vnd.holdfast+json'],
  ['application/json;q=0.5, application/vnd.holdfast+json', undefined, 'application/vnd.holdfast+json'],
  ['application/vnd.holdfast+json', '1', 'application/vnd.holdfast+json; version=1'],
  ['Application/Vnd.Holdfast.Product+JSON;version=2', undefined, 'application/vnd.holdfast+json; version=2'],
  [
    'application/vnd.holdfast.product+json; version="2", application/json',
    undefined,
    'application/vnd.holdfast+json; version=2, application/json',
  ],
  [
    'application/json;q=0.9,application/vnd.holdfast.product+json;version=2',
    undefined,
    'application/vnd.holdfast+json; version=2, application/json',
  ],
  [
    'application/vnd.holdfast+json;version=2,*/*;q=0.1',
    undefined,
    'application/vnd.holdfast+json; version=2, */*',
  ],
  ['application/vnd.holdfast+json;version=2,*/*;q=0.1', '2', 'application/vnd.holdfast+json; version=2'],
  // Not sure, or not to be kept.
  ['text/html', undefined, undefined],
  ['application/json;q=0', undefined, undefined],
  ['application/json;version=2;q=0.5;q=1', undefined, undefined],
  ['application/json;version=10', undefined, undefined],
  ['application/json;version=1, application/json;version=2', undefined, undefined],
  ['application/json;q=0.5, */*;q=0.9', undefined, undefined],
  ['application/vnd.holdfast.product-list+json;version=2', undefined, undefined],
  ['application/vnd.holdfast.order+json', undefined, undefined],
  ['application/json;profile="a, application/json"', undefined, undefined],
  ['application/json;version=2', '1', undefined],
  ['application/json', '02', undefined],
  ['application/json', 'two', undefined],
]

const type = fc.constantFrom(
  'application/vnd.holdfast.product+json',
  'application/vnd.holdfast+json',
  'Application/VND.holdfast.Product+json',
  'application/vnd.holdfast.product-list+json',
  'application/vnd.holdfast.order+json',
  'application/vnd.holdfast.product+jsonx',
  'application/json',
  'APPLICATION/JSON',
  'application/jsonp',
  'application/*',
  '*/*',
  '*/json',
  'text/html',
  'text/plain;version=0.0.4',
  '*',
  'application/',
)
const parameter = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('version=1', 'version=2', 'version=3', 'VERSION="2"') },
  { weight: 4, arbitrary: fc.constantFrom('q=0.5', 'Q=0.8', 'q=1', 'q=1.000', 'q=0.001', 'q=0', 'q=0.000') },
  fc.constantFrom('charset=utf-8', 'charset="UTF-8"', 'charset=latin1', 'profile="a,b;c"', 'x=1', ''),
  fc.constantFrom('version', 'version=', 'version=01', 'version="\\1"', 'q="0.3"', 'q=.5', 'q=0.1234', 'x="'),
)
const range = fc
  .tuple(type, fc.array(fc.tuple(fc.constantFrom(';', '; ', ' ;\t', ' ; '), parameter), { maxLength: 2 }))
  .map(([name, parameters]) => name + parameters.flat().join(''))
/** What the edge understands. Without its share nearly everything would be passed on as it is, which is always right. */
const usual = fc
  .array(
    fc
      .tuple(
        fc.constantFrom(
          'application/vnd.holdfast.product+json',
          'application/vnd.holdfast+json',
          'application/json',
        ),
        fc.constantFrom('', ';version=1', '; version=2', ';version="2"', ';q=0.5', '; charset=utf-8'),
      )
      .map(([name, suffix]) => name + suffix),
    { minLength: 1, maxLength: 2 },
  )
  .map((ranges) => ranges.join(', '))
const accept = fc.oneof(
  { weight: 8, arbitrary: usual },
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.array(range, { minLength: 1, maxLength: 4 }), fc.constantFrom(',', ', ', ' ,\t', ',,', ' '))
      .map(([ranges, comma]) => ranges.join(comma)),
  },
  fc.string({
    unit: fc.constantFrom(...'aq*/;,="\\ \t0.1v', 'version', 'application/json', 'version=2', '*/*'),
    maxLength: 40,
  }),
)
const wishes = fc.record({
  path: fc.constantFrom(...PATHS),
  accept: fc.option(accept, { nil: undefined, freq: 20 }),
  acceptVersion: fc.option(fc.constantFrom('1', '2', '3', '02', '1, 2', 'x', '12'), {
    nil: undefined,
    freq: 2,
  }),
})

/** Every situation that the service may be in while the edge knows nothing of it. */
const situations = [
  { versions: [1, 2], defaultVersion: 1, gone: [] },
  { versions: [1, 2], defaultVersion: 2, gone: [] },
  { versions: [1, 2], defaultVersion: 1, gone: [1] },
  { versions: [1, 2], defaultVersion: 2, gone: [1] },
  { versions: [1, 2, 3], defaultVersion: 2, gone: [1, 3] },
  { versions: [1, 2, 3], defaultVersion: 1, gone: [] },
  { versions: [2, 3], defaultVersion: 1, gone: [] },
  { versions: [1], defaultVersion: 1, gone: [] },
].map(({ versions, defaultVersion, gone }) => {
  const sunset = { deprecation: new Date(0), sunset: new Date(1) }
  const lifecycles = createLifecycles(
    Object.fromEntries(gone.map((version) => [version, sunset])),
    'https://a.test',
  )
  const choosers = ['product', 'product-list'].map((type) =>
    createVersionChooser('holdfast', { type, versions }, defaultVersion, lifecycles),
  )
  return ({ path, accept, acceptVersion }: Wish) =>
    choosers[PATHS.indexOf(path)]?.choose(accept, acceptVersion, Date.now())
})

/** An origin that answers with what it was asked, and lets nobody keep that. */
async function startEcho(lifetime: Lifetime): Promise<number> {
  const server = createServer((request, response) => {
    const { accept, 'accept-version': acceptVersion } = request.headers
    response.setHeader('cache-control', 'no-store').end(JSON.stringify({ accept, acceptVersion }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => void server.close().closeAllConnections())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function sentFor(edge: string, { path, accept, acceptVersion }: Wish): Promise<Wish> {
  const headers = {
    ...(accept === undefined ? {} : { accept }),
    ...(acceptVersion === undefined ? {} : { 'accept-version': acceptVersion }),
  }
  const answer = await ask(`${edge}${path}`, { headers })
  assert.equal(answer.status, 200, `${JSON.stringify(headers)}: ${answer.body}`)
  const sent = JSON.parse(answer.body)
  return { path, accept: sent.accept, acceptVersion: sent.acceptVersion }
}

for (const { name, needs: needed, start } of edges) {
  describe(`Accept through ${name}`, needs(needed), () => {
    test('What clients send becomes one of a few forms, and what is not understood stays as it is', async (t) => {
      const edge = await start(t, await startEcho(t))
      for (const [accept, acceptVersion, expected] of known) {
        const sent = await sentFor(edge, { path: '/products/desk', accept, acceptVersion })
        const wanted =
          expected === undefined
            ? { accept, acceptVersion }
            : { accept: expected === '' ? undefined : expected, acceptVersion: undefined }
        assert.deepEqual(sent, { path: '/products/desk', ...wanted }, `${accept} | ${acceptVersion}`)
      }
    })

    test('Whatever is sent, it is negotiated as if the edge were not there', async (t) => {
      const edge = await start(t, await startEcho(t))
      let changed = 0
      await fc.assert(
        fc.asyncProperty(wishes, async (wish) => {
          const sent = await sentFor(edge, wish)
          if (sent.accept !== wish.accept) changed++
          for (const choose of situations) assert.deepEqual(choose(sent), choose(wish))
        }),
        { numRuns: RUNS, seed: SEED },
      )
      assert.ok(changed > RUNS / 10, `only ${changed} of ${RUNS} were understood (EDGE_SEED=${SEED})`)
    })
  })
}
