import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAccept } from '#plugins/accept-version/media-range.ts'
import { createNegotiation } from '#plugins/accept-version/negotiate.ts'
import { prefersHtml } from '#plugins/accept-version/prefers-html.ts'
import { negotiateSlowly, type Situation } from './accept-version-reference.ts'

const RUNS = 10_000
const NONE: ReadonlySet<number> = new Set()

function negotiateQuickly({ accept, pinned, versions, defaultVersion, gone }: Situation): string {
  const { negotiate } = createNegotiation('holdfast', { type: 'order', versions }, defaultVersion)
  const outcome = negotiate(accept, pinned, gone)
  if (outcome.kind === 'served') return `${outcome.candidate.version} ${outcome.candidate.mediaType}`
  return outcome.kind === 'gone' ? `gone ${outcome.version}` : outcome.kind
}

const type = fc.constantFrom(
  'application/vnd.holdfast.order+json',
  'application/vnd.holdfast+json',
  'application/json',
  'Application/JSON',
  'application/vnd.HOLDFAST.order+json',
  'application/vnd.holdfast.user+json',
  'application/*',
  '*/*',
  '*/json',
  'text/html',
  'text/*',
  '*',
  'application/',
)
const parameter = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('version=1', 'version=2', 'version=3', 'VERSION="2"', 'version="\\1"'),
  },
  { weight: 3, arbitrary: fc.constantFrom('q=0', 'q=0.5', 'q=0.500', 'Q=0.8', 'q=1', 'q="0.3"', 'q=0.001') },
  fc.constantFrom('charset=utf-8', 'charset="UTF-8"', 'charset=latin1', 'profile="a,b;c"', 'x=1', ''),
  fc.constantFrom(
    'version',
    'version=',
    'version=01',
    'q=1.5',
    'q=.5',
    'q=0.1234',
    'q',
    'x="',
    'x="\\',
    'a b=c',
  ),
)
const range = fc
  .tuple(type, fc.array(fc.tuple(fc.constantFrom(';', '; ', ' ;\t', ' ; '), parameter), { maxLength: 3 }))
  .map(([name, parameters]) => name + parameters.flat().join(''))
const header = fc.oneof(
  { weight: 5, arbitrary: fc.array(range, { maxLength: 5 }).map((ranges) => ranges.join(', ')) },
  fc.array(range, { maxLength: 5 }).map((ranges) => ranges.join(' ,\t,')),
  fc.string({
    unit: fc.constantFrom(...'aq*/;,="\\ \t0.1v\u00e9\u0000', 'version', 'application/json'),
    maxLength: 40,
  }),
)
const situation: fc.Arbitrary<Situation> = fc.record({
  accept: fc.option(header, { nil: undefined, freq: 20 }),
  pinned: fc.option(fc.constantFrom(1, 2, 3), { nil: undefined, freq: 2 }),
  versions: fc.uniqueArray(fc.constantFrom(1, 2, 3), { minLength: 1 }),
  defaultVersion: fc.constantFrom(1, 2, 3),
  gone: fc.oneof(
    fc.constant(NONE),
    fc.uniqueArray(fc.constantFrom(1, 2, 3)).map((gone) => new Set(gone)),
  ),
})

test('negotiation decides every header as a slow reading of RFC 9110 does', () => {
  fc.assert(
    fc.property(situation, (given) => assert.equal(negotiateQuickly(given), negotiateSlowly(given))),
    { numRuns: RUNS, verbose: fc.VerbosityLevel.Verbose },
  )
})

test('what the property asks reaches every outcome, so that agreement means something', () => {
  const outcomes = fc.sample(situation, { numRuns: 2_000, seed: 1 }).map((given) => negotiateSlowly(given))
  for (const kind of [
    'gone',
    'not-acceptable',
    '1 application/json',
    '2 application/vnd',
    '3 application/vnd',
  ]) {
    assert.ok(outcomes.filter((outcome) => outcome.startsWith(kind)).length > 20, kind)
  }
})

test('HTML is for who prefers it', () => {
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'
  for (const accept of [
    browser,
    'TEXT/HTML',
    'text/*, application/json;q=0.9',
    'application/json;q=0, */*',
  ]) {
    assert.equal(prefersHtml(accept), true, accept)
  }
  const programs = [
    undefined,
    '',
    '*/*',
    'application/json',
    'application/json, text/html',
    'text/html;q=0',
    'text/html;q=2',
  ]
  for (const accept of programs) assert.equal(prefersHtml(accept), false, `${accept}`)
})

test('a long hostile header is read in time that grows with its length only', () => {
  const hostile = ['a/b;x="\\', '"', 'a/b;', ';= ', ', ', '\t ', 'application/json;q="\\0', 'a/b;c=d;', '(((']
  for (const piece of hostile) {
    const short = processorTime(piece, 20_000)
    const long = processorTime(piece, 200_000)
    // Linear, the two are alike; with a quadratic reading the second takes ten times as long.
    assert.ok(long < 4 * short, `${JSON.stringify(piece)}: ${short} ms, then ${long} ms`)
  }
})

/**
 * Of headers of one length that have two million characters together, in ms: others on a busy machine do not use it up.
 * Not less than five of the ticks of 4 ms that some systems count it in.
 */
function processorTime(piece: string, length: number): number {
  const accept = piece.repeat(length / piece.length)
  const start = process.threadCpuUsage()
  for (let read = 0; read < 2_000_000; read += length) parseAccept(accept)
  const { user, system } = process.threadCpuUsage(start)
  return Math.max(20, (user + system) / 1_000)
}
