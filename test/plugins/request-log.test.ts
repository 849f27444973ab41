import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import Fastify from 'fastify'
import pino from 'pino'
import { Problem, problemDetails } from '#plugins/problem-details.ts'
import { redact } from '#plugins/request-log/redact.ts'
import { loggedRoute, type RequestLine, requestLineWriter } from '#plugins/request-log/request-line.ts'
import { loggerOptions, RequestLogController, requestLog } from '#plugins/request-log.ts'
import { format } from '../support/problem-app.ts'

type Line = Record<string, unknown>

const aLine: RequestLine = {
  route: loggedRoute('/things/:id', 'info'),
  requestId: 'req-7',
  idIsTheirs: false,
  method: 'GET',
  status: 200,
  durationMs: 1,
  version: 2,
  principal: undefined,
  traceId: undefined,
  idempotency: null,
  problem: null,
  message: 'request answered',
}

function capture() {
  const lines: Line[] = []
  const stream = new PassThrough().on('data', (chunk) => {
    for (const line of String(chunk).trim().split('\n')) lines.push(JSON.parse(line))
  })
  const until = async (holds: () => boolean) => {
    for (let tries = 0; !holds(); tries += 1) {
      assert.ok(tries < 500, `still not logged: ${JSON.stringify(lines)}`)
      await wait(10)
    }
  }
  return { lines, stream, until }
}

async function serve(t: TestContext, level: string) {
  const { lines, stream, until } = capture()
  const app = Fastify({
    logger: { ...loggerOptions({ level }), stream },
    logController: new RequestLogController(),
    genReqId: () => 'req-7',
    // As the service has it: of a request without a body, Node then no longer says that it was aborted.
    http: { optimizeEmptyRequests: true },
  })
  await app.register(problemDetails, format)
  await app.register(requestLog, {
    probes: ['/livez'],
    principalOf: (request) => request.headers['x-test-principal']?.toString(),
    versionOf: () => 2,
  })
  app.get('/livez', async () => ({}))
  app.get('/things/:id', async (request) => {
    request.log.trace(
      { req: request, headers: request.headers, body: request.body, raw: request.raw.rawHeaders },
      'all',
    )
    return {}
  })
  app.post('/things', async (request) => {
    request.log.trace(
      { body: request.body, text: JSON.stringify(request.body), headers: request.headers },
      'all',
    )
    const text = JSON.stringify({ headers: request.headers, body: request.body })
    throw new Error('charge failed', { cause: new Error(`POST postgres://u:hunter2@db/x said ${text}`) })
  })
  app.get('/hang', () => new Promise(() => {}))
  t.after(() => app.close())
  return { origin: await app.listen({ port: 0, host: '127.0.0.1' }), lines, until }
}

test('a request is logged in one line when it was answered', async (t) => {
  const { origin, lines, until } = await serve(t, 'info')
  await fetch(`${origin}/things/1?secret=x`, { headers: { 'x-test-principal': 'ann' } })
  await until(() => lines.some(({ msg }) => msg === 'request answered'))
  const [line, ...more] = lines.filter(({ msg }) => !String(msg).startsWith('Server listening'))
  assert.deepEqual(more, [])
  const { time, pid, hostname, durationMs, principal, ...rest } = line ?? {}
  assert.deepEqual(rest, {
    level: 'info',
    requestId: 'req-7',
    method: 'GET',
    route: '/things/:id',
    status: 200,
    version: 2,
    msg: 'request answered',
  })
  assert.ok(typeof durationMs === 'number' && durationMs >= 0)
  assert.equal(durationMs, Math.round(durationMs * 1_000) / 1_000, 'to the thousandth')
  assert.match(`${principal}`, /^[0-9a-f]{12}$/)
})

test('answers of one route are each told with their own status and method', () => {
  const written: string[] = []
  const write = requestLineWriter(
    pino(loggerOptions({ level: 'info' }), { write: (line) => written.push(line) }),
  )
  const answers = [
    { method: 'GET', status: 200 },
    { method: 'GET', status: 304 },
    { method: 'HEAD', status: 304 },
    { method: 'HEAD', status: null },
    { method: 'GET', status: 200 },
  ]
  for (const answer of answers) write({ ...aLine, ...answer })
  assert.deepEqual(
    written.map((line) => JSON.parse(line)).map(({ method, status }) => ({ method, status })),
    answers,
  )
})

test('probes are logged at debug, refusals with their slug', async (t) => {
  const { origin, lines, until } = await serve(t, 'info')
  await fetch(`${origin}/livez`)
  await fetch(`${origin}/nothing`)
  await until(() => lines.some(({ problem }) => problem === 'not-found'))
  assert.deepEqual(
    lines.filter(({ msg }) => msg === 'request answered').map(({ route, status }) => ({ route, status })),
    [{ route: null, status: 404 }],
  )
})

test('a request whose client went away is logged too', async (t) => {
  const { origin, lines, until } = await serve(t, 'info')
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.write('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n', () => setImmediate(() => socket.destroy()))
  await until(() => lines.some(({ msg }) => msg === 'request aborted by its client'))
})

test('a client that hangs up in the middle of its body is no error of ours', async (t) => {
  const { origin, lines, until } = await serve(t, 'debug')
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  const head =
    'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 70\r\n\r\n'
  socket.write(`${head}{"a"`, () => socket.destroy())
  await until(() => lines.some(({ msg }) => msg === 'request aborted by its client'))
  await until(() => lines.some(({ err }) => err !== undefined))
  assert.deepEqual(
    lines.filter(({ err }) => err !== undefined).map(({ level, msg }) => ({ level, msg })),
    [{ level: 'debug', msg: 'malformed-request' }],
  )
})

test('no secret stands in a log at any level', async (t) => {
  const { origin, lines, until } = await serve(t, 'trace')
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl'
  const headers = {
    authorization: `Bearer ${jwt}`,
    cookie: 'session=crumbs',
    'idempotency-key': '"key-of-ann"',
    'x-api-key': 'k-123',
    'content-type': 'application/json',
  }
  const body = JSON.stringify({
    paymentToken: 'my "own" token',
    nested: { password: 'p4ss', card: ['4242'] },
  })
  await fetch(`${origin}/things/1?access_token=q-token`, { headers })
  await fetch(`${origin}/things`, { method: 'POST', headers, body })
  await until(() => lines.filter(({ msg }) => msg === 'request answered').length === 2)
  const text = JSON.stringify(lines)
  for (const secret of [
    jwt,
    'eyJ',
    'crumbs',
    'key-of-ann',
    'k-123',
    'own',
    'p4ss',
    '4242',
    'hunter2',
    'q-token',
  ]) {
    assert.ok(!text.includes(secret), `${secret} stands in ${text}`)
  }
  assert.match(text, /charge failed/)
})

test('an error is logged with its causes to the bottom, and without what hangs on it', () => {
  const { lines, stream } = capture()
  const log = pino(loggerOptions({ level: 'info' }), stream)
  const database = Object.assign(new Error('duplicate key'), {
    code: '23505',
    constraint_name: 'orders_pkey',
    detail: 'Key (key)=(k) already exists.',
    parameters: ['ann@example.com'],
  })
  log.error(
    { err: new Problem('internal-error', { cause: new Error('middle', { cause: database }) }) },
    'failed',
  )
  log.error(new AggregateError([new Error('one'), 'two'], 'both'))
  const tail = new Error('tail')
  tail.cause = tail
  log.error({ reason: tail }, 'cycle')
  const text = JSON.stringify(lines)
  assert.match(
    text,
    /"slug":"internal-error".*middle.*duplicate key.*"code":"23505","constraint":"orders_pkey"/,
  )
  assert.match(text, /"errors":\[\{"type":"Error","message":"one".*"two"\]/)
  assert.doesNotMatch(text, /already exists|ann@example/)
})

for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const) {
  test(`at ${level} no secret stands in an error, nor in any of what caused it`, () => {
    const { lines, stream } = capture()
    const log = pino(loggerOptions({ level: 'trace' }), stream)
    const secrets = [
      'postgres://shop:hunter2@db:5432/shop refused',
      'POST /v1/charges with Authorization: Bearer hunter2hunter2',
      '{"paymentToken":"hunter2","amount":1}',
      'smtp://user:hunter2@mail:25 said no to pm_hunter2x and sk_live_hunter2',
      'AUTH_JWT_SECRET=hunter2 is too short',
    ]
    const innermost: unknown = Object.assign(new Error(secrets[0]), {
      password: 'hunter2',
      config: { token: 'hunter2' },
    })
    const error = secrets.slice(1).reduce((cause, message) => new Error(message, { cause }), innermost)
    const both = new AggregateError([error, innermost], 'both, with password=hunter2')
    for (const thrown of [error, both]) {
      log[level](thrown)
      log[level]({ err: thrown }, 'err')
      log[level](
        { error: thrown, reason: thrown, cause: thrown, token: 'hunter2' },
        'as other members: api_key=hunter2',
      )
      log
        .child({ cookie: 'hunter2' })
        [level]({ nested: { headers: { authorization: 'hunter2' } } }, String(thrown))
    }
    assert.equal(lines.length, 8)
    const text = JSON.stringify(lines)
    assert.doesNotMatch(text, /hunter2/)
    assert.ok(
      lines.every((line) => JSON.stringify(line).includes('refused') || 'nested' in line),
      'causes are told to the bottom',
    )
  })
}

const scrubbed: [string, string][] = [
  ['Bearer abc.def-123', 'Bearer [redacted]'],
  ['no card pm_card_visa here', 'no card pm_[redacted] here'],
  ['sk_live_51Hxyz and sk_test_1', 'sk_[redacted] and sk_[redacted]'],
  ['pi_3abc_secret_9xy', 'pi_[redacted]'],
  ['smtp://user:p@ss/word@mail:25 is away', 'smtp://[redacted]@mail:25 is away'],
  ['postgres://db:5432/orders is away', 'postgres://db:5432/orders is away'],
  [
    '{"cvc":123,"card":{"n":"}"},"a":["pwd","x","y"]}',
    '{"cvc":"[redacted]","card":"[redacted]","a":["pwd","[redacted]","y"]}',
  ],
  [
    '{"raw":["x-a","token","authorization","Bearer x1","X-Api-Key" , "k"]}',
    '{"raw":["x-a","token","[redacted]","[redacted]","X-Api-Key" , "[redacted]"]}',
  ],
  ['{"type":"InvalidToken","message":"bad"}', '{"type":"InvalidToken","message":"bad"}'],
  [
    '{"code":"HPE_INVALID_HEADER_TOKEN", "msg" : "refused"}',
    '{"code":"HPE_INVALID_HEADER_TOKEN", "msg" : "refused"}',
  ],
  [
    '{"requestId":"my-token","token":"t","key":"a"}',
    '{"requestId":"my-token","token":"[redacted]","key":"[redacted]"}',
  ],
  ['{"requestId":"token","token":["t"]}', '{"requestId":"token","token":"[redacted]"}'],
  ['?token=abc&limit=5', '?token=[redacted]&limit=5'],
  ['{"Authorization":"Basic dTpw","a":1}', '{"Authorization":"[redacted]","a":1}'],
  ['{"password":"a\\"b","x":"y"}', '{"password":"[redacted]","x":"y"}'],
  ['{\\"paymentToken\\":\\"t k\\",\\"note\\":\\"n\\"}', '{\\"paymentToken\\":[redacted]'],
  ['{"idempotencyKey":"k","route":"/orders/:id"}', '{"idempotencyKey":"[redacted]","route":"/orders/:id"}'],
  [
    '{"problem":"idempotency-key-reused","queue":"payment"}',
    '{"problem":"idempotency-key-reused","queue":"payment"}',
  ],
]

for (const [line, clean] of scrubbed) {
  test(`of ${line} the log keeps ${clean}`, () => assert.equal(redact(line), clean))
}
