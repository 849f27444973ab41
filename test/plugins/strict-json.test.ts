import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '#plugins/problem-details.ts'
import { parseStrictJson, strictJson } from '#plugins/strict-json.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { buildProblemApp } from '../support/problem-app.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

/** Text, what the refusal says, and where it points. */
const refused: [string, string | Buffer, RegExp, string[]?][] = [
  ['nothing', '', /empty/],
  ['white space', ' \n', /not JSON/],
  ['half an object', '{"a":', /not JSON/],
  ['a trailing comma', '[1,]', /not JSON/],
  ['a trailing comma in an object', '{"a":1,}', /not JSON/],
  ['a comment', '{/* */}', /not JSON/],
  ['single quotes', "{'a':1}", /not JSON/],
  ['NaN', '{"a":NaN}', /not JSON/],
  ['Infinity', '-Infinity', /not JSON/],
  ['hexadecimal', '0x10', /not JSON/],
  ['a leading zero', '01', /not JSON/],
  ['a leading plus', '+1', /not JSON/],
  ['two values', '{}{}', /not JSON/],
  ['a raw line break in a string', '"a\nb"', /not JSON/],
  ['a raw NUL', '"\0"', /not JSON/],
  ['an escape that is none', '"\\x41"', /not JSON/],
  ['a byte order mark', '\uFEFF{}', /byte order mark/],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le'), /not JSON/],
  ['UTF-16 with its mark', Buffer.from('\uFEFF{"a":1}', 'utf16le'), /not UTF-8/],
  ['a Latin-1 umlaut', Buffer.from('"\xfc"', 'latin1'), /not UTF-8/],
  ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), /not UTF-8/],
  ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), /not UTF-8/],
  ['a character cut in half', Buffer.from([0x22, 0xe2, 0x82]), /not UTF-8/],
  ['a member named twice', '{"a":1,"b":2,"a":3}', /named twice/, ['#/a']],
  ['a member named twice by an escape', '{"a":1,"\\u0061":2}', /named twice/, ['#/a']],
  ['an empty name, twice', '{"":1,"":2}', /named twice/, ['#/']],
  ['a member named twice deep down', '{"a":[0,{"b/c":1,"b/c":1}]}', /named twice/, ['#/a/1/b~1c']],
  ['two doubled members', '{"a":{"x":1,"x":2},"b":1,"b":2}', /and 1 more/, ['#/a/x', '#/b']],
  ['__proto__', '{"a":{"__proto__":{"admin":true}}}', /no name/, ['#/a/__proto__']],
  ['__proto__ by an escape', '{"\\u005f_proto__":1}', /no name/, ['#/__proto__']],
  ['an escaped NUL', '{"note":"a\\u0000b"}', /NUL/, ['#/note']],
  ['a NUL in a name', '{"\\u0000":1}', /NUL/, ['#/%00']],
  ['a lone surrogate', '["ok","\\ud83d"]', /surrogate/, ['#/1']],
  ['surrogates the wrong way round', '"\\ude00\\ud83d"', /surrogate/, ['#']],
  ['a number beyond any double', '{"quantity":1e999}', /larger/, ['#/quantity']],
  ['a negative one', '[[-1e400]]', /larger/, ['#/0/0']],
  ['an integer that a double rounds', '{"id":9007199254740993}', /more digits/, ['#/id']],
  ['a negative one that it rounds', '[-9007199254740993]', /more digits/, ['#/0']],
  ['a power of two written out, for it is shown rounded', '[1152921504606846976]', /more digits/, ['#/0']],
  ['a longer one', `[1${'0'.repeat(30)}1]`, /more digits/, ['#/0']],
  ['a number that a double has for zero', '{"tiny":1e-400}', /closer to zero/, ['#/tiny']],
  ['a negative one for zero', '[-0.01E-330]', /closer to zero/, ['#/0']],
  ['a fraction of many zeros', `[0.${'0'.repeat(400)}1]`, /closer to zero/, ['#/0']],
  ['33 levels', nested(33), /deeper than 32/],
  ['a hundred thousand levels', nested(100_000), /deeper than 32/],
]

for (const [what, body, detail, pointers] of refused) {
  test(`${what} is refused as malformed`, async () => {
    const response = await post(body)
    const { errors } = await assertProblem(response, { slug: 'malformed-request', detail })
    if (pointers) assert.deepEqual(Array.isArray(errors) && errors.map((error) => error.pointer), pointers)
  })
}

const accepted: [string, string][] = [
  ['every kind of value', ' {"a": [null, true, false, -1.5e3, "x"], "b": {}}\r\n\t'],
  ['a bare string', '"a"'],
  ['pairs of surrogates', '"\\ud83d\\ude00 😀"'],
  ['the same name in different objects', '{"a":{"a":1},"b":[{"a":1},{"a":2}]}'],
  ['quotes and brackets inside strings', '{"a\\"{":"]},[\\\\","b":"\\\\\\""}'],
  ['32 levels', nested(32)],
  ['an integer as large as any that is safe', '[9007199254740991,-9007199254740991]'],
  ['larger ones that come back as they are written', '[9007199254740992,1152921504606847000]'],
  ['digits that end in many zeros', `[123456789012345${'0'.repeat(60)}]`],
  ['fractions and powers, which a double comes near to', '[0.1,3.14159265358979323846,1e300,5e-324,1e-7]'],
  ['every zero', '[0,0.000,0e0,0.0E-999,0e999]'],
  ['names of prototypes that change nothing', '{"constructor":1,"prototype":2}'],
]

for (const [what, body] of accepted) {
  test(`${what} is read as JSON.parse reads it`, async () => {
    const response = await post(body)
    assert.equal(response.statusCode, 200)
    assert.deepEqual(response.json(), { body: JSON.parse(body) })
  })
}

test('whatever JSON.stringify writes is read as it was, unless it has an oddity', () => {
  const written = fc.json({ maxDepth: 6, stringUnit: 'binary' })
  fc.assert(
    fc.property(written, (json) => {
      const odd = /__proto__|\\u0000|\\u[dD][89a-fA-F]/.test(json)
      if (!odd) assert.equal(JSON.stringify(parseStrictJson(Buffer.from(json), 32)), json)
    }),
    { numRuns: 500 },
  )
})

test('a name that was read before does not take the place of one that begins like it, escaped', () => {
  const names = ['größe', 'a/b', '"', '\n', '\u2028']
  const escaped = [
    String.raw`gr\u00f6\u00dfe`,
    String.raw`a\/b`,
    String.raw`\"`,
    String.raw`\n`,
    String.raw`\u2028`,
  ]
  const beginnings = [String.raw`gr\u0`, 'a\\', '\\']
  for (const [index, before] of beginnings.entries()) read(`{"n${index}":1,${JSON.stringify(before)}:1}`)
  for (const [index, name] of names.entries()) {
    for (const first of ['n0', 'n1', 'n2']) {
      assert.deepEqual(read(`{"${first}":{"${first}":[],"${escaped[index]}" : "x"}}`), {
        [first]: { [first]: [], [name]: 'x' },
      })
    }
  }
})

const read = (text: string) => parseStrictJson(Buffer.from(text), 32)

test('what a double is written as is read, and an integer comes back digit by digit or is refused', () => {
  const digits = fc.string({
    unit: fc.constantFrom(...'0123456789'),
    minLength: 1,
    maxLength: 40,
    size: 'max',
  })
  const integer = digits.map((text) => text.replace(/^0+(?=\d)/, ''))
  fc.assert(
    fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), integer, (double, literal) => {
      const written = JSON.stringify(double)
      assert.equal(parseStrictJson(Buffer.from(written), 32), JSON.parse(written))
      const kept = BigInt(Number(literal).toLocaleString('en', { useGrouping: false })) === BigInt(literal)
      const read = () => parseStrictJson(Buffer.from(`-${literal}`), 32)
      if (kept) assert.equal(read(), -Number(literal))
      else assert.throws(read, /more digits/)
    }),
    { numRuns: 2_000 },
  )
})

test('a doubled member is found wherever it stands', () => {
  const name = fc.string().filter((text) => text !== '__proto__' && !text.includes('\0'))
  const between = fc.uniqueArray(name, { maxLength: 5 })
  fc.assert(
    fc.property(
      name,
      between,
      fc.array(fc.constantFrom('[', '{"k":'), { maxLength: 20 }),
      (twice, names, outer) => {
        const members = [twice, ...names.filter((other) => other !== twice), twice]
        const inner = `{${members.map((member) => `${JSON.stringify(member)}:[0,"}"]`).join()}}`
        const closing = outer.map((open) => (open === '[' ? ']' : '}')).reverse()
        const json = Buffer.from(outer.join('') + inner + closing.join(''))
        assert.throws(() => parseStrictJson(json, 32), /malformed-request: .*named twice/)
      },
    ),
    { numRuns: 300 },
  )
})

test('no bytes at all make anything but a value or a malformed-request', () => {
  const rubbish = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc
      .array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '1', 'e9', 'a', ' ', '-', '\\u0000'), {
        maxLength: 30,
      })
      .map((parts) => Buffer.from(parts.join(''))),
  )
  fc.assert(
    fc.property(rubbish, (bytes) => {
      try {
        assert.deepEqual(parseStrictJson(bytes, 32), JSON.parse(bytes.toString()))
      } catch (error) {
        assert.ok(error instanceof Problem && error.slug === 'malformed-request', String(error))
      }
    }),
    { numRuns: 3_000 },
  )
})

test('a hostile body of 256 KiB is judged in a moment', () => {
  for (const body of [
    '['.repeat(262_144),
    `{${'"a":1,'.repeat(40_000)}"a":1}`,
    '"'.padEnd(262_144, '\\u0000'),
  ]) {
    // Of the processor's time, which others on a busy machine do not use up.
    const started = process.threadCpuUsage()
    assert.throws(() => parseStrictJson(Buffer.from(body), 32), Problem)
    const { user, system } = process.threadCpuUsage(started)
    assert.ok(user + system < 1_000_000)
  }
})

const compressed: [coding: string, detail: string][] = [
  ['gzip', 'Not decoded here: gzip.'],
  ['Identity, GZIP,', 'Not decoded here: GZIP.'],
  ['br, identity,gzip', 'Not decoded here: br, gzip.'],
  ['identity;q=1', 'Not decoded here: identity;q=1.'],
]

for (const [coding, detail] of compressed) {
  test(`a body whose coding is "${coding}" is refused for it, by the name of what is not decoded`, async () => {
    await assertProblem(await post('{}', { 'content-encoding': coding }), {
      slug: 'unsupported-media-type',
      detail,
      headers: { 'accept-encoding': 'identity' },
    })
  })
}

for (const coding of ['', 'identity', 'IDENTITY', 'identity, identity', ' ,identity,\t,']) {
  test(`a body whose coding is "${coding}" is what it is`, async () => {
    assert.equal((await post('{}', { 'content-encoding': coding })).statusCode, 200)
  })
}

test('an operation without a body throws away what comes', async () => {
  assert.equal((await post('{', {}, '/bodyless')).statusCode, 200)
})

test('a body that is announced by its type and never comes is refused, not waited for', async (t) => {
  const app = await buildProblemApp(undefined, { http: { optimizeEmptyRequests: true } })
  t.after(() => app.close())
  await app.register(strictJson)
  app.post('/', async ({ body }) => ({ body }))
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const fields = 'Host: a\r\nContent-Type: application/json\r\nConnection: close\r\n'
  const [answer] = parseAnswers(await sendRaw(Number(port), `POST / HTTP/1.1\r\n${fields}\r\n`))
  assert.ok(answer)
  await assertProblem(answer, { slug: 'malformed-request', detail: /empty/ })
})

async function post(payload: string | Buffer, headers: Record<string, string> = {}, url = '/') {
  const app = await buildProblemApp()
  await app.register(strictJson)
  app.post('/', async ({ body }) => ({ body }))
  app.post('/bodyless', { config: { body: false } }, async () => ({}))
  return app.inject({
    method: 'POST',
    url,
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  })
}
