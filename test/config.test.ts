import assert from 'node:assert/strict'
import { test } from 'node:test'
import { variables } from '#src/config/variables.ts'
import { ConfigError, readConfig, readMigrationConfig } from '#src/config.ts'

const complete = {
  DATABASE_URL: 'postgres://holdfast:hunter2@127.0.0.1:5432/holdfast',
  AUTH_JWT_SECRET: 'a secret of more than thirty-two bytes',
  PAYMENT_API_KEY: 'sk_test_1',
  INVENTORY_URL: 'http://127.0.0.1:4000',
  SMTP_URL: 'smtp://127.0.0.1:2525',
}

const refusal = (env: Record<string, string>): ConfigError => {
  try {
    readConfig({ ...complete, ...env })
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error(`accepted ${JSON.stringify(env)}`)
}

test('what is not set has its default, and the whole is frozen', () => {
  const config = readConfig(complete)
  assert.equal(config.port, 3000)
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.currency, 'USD')
  assert.equal(config.emailFrom, 'Holdfast <orders@localhost>')
  assert.equal(config.paymentUrl, 'https://api.stripe.com')
  assert.equal(config.databasePrepare, true)
  assert.deepEqual(config.corsOrigins, [])
  assert.equal('publicUrl' in config, false)
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.corsOrigins))
})

test('values are read as what they mean', () => {
  const config = readConfig({
    ...complete,
    PORT: '0',
    DATABASE_URL: 'postgres://u:p@a:5432,b:5433,[::1]:5434/shop?sslmode=require',
    DATABASE_PREPARE: 'false',
    CORS_ORIGINS: 'https://shop.example.com, http://localhost:8080',
    TRUST_PROXY: '10.0.0.0/8,fd00::/8',
    PUBLIC_URL: 'https://api.example.com/shop/',
    API_V1_DEPRECATION: '2027-01-31',
    API_V1_SUNSET: '2027-07-31T12:00:00Z',
    OPS_HOST: '::1',
    ROLE: 'worker',
    LOG_LEVEL: '',
  })
  assert.equal(config.port, 0)
  assert.equal(config.databasePrepare, false)
  assert.deepEqual(config.corsOrigins, ['https://shop.example.com', 'http://localhost:8080'])
  assert.deepEqual(config.trustProxy, ['10.0.0.0/8', 'fd00::/8'])
  assert.equal(config.publicUrl, 'https://api.example.com/shop')
  assert.equal(config.role, 'worker')
  assert.equal(config.logLevel, 'info')
})

const bad: Array<[string, string]> = [
  ['NODE_ENV', 'prod'],
  ['PORT', 'http'],
  ['PORT', '65536'],
  ['PORT', '3000.5'],
  ['PORT', ' 3000'],
  ['PORT', '0x10'],
  ['HOST', 'a b'],
  ['HOST', 'a:b'],
  ['HOST', '::1%lo'],
  ['HOST', '10.0.0.256'],
  ['HOST', '999.1.1.1'],
  ['HOST', '127.1'],
  ['OPS_PORT', '-1'],
  ['OPS_TOKEN', 'two words'],
  ['PUBLIC_URL', 'api.example.com'],
  ['PUBLIC_URL', 'https://api.example.com/?a=1'],
  ['PUBLIC_URL', 'ftp://api.example.com'],
  ['DATABASE_URL', 'mysql://127.0.0.1/shop'],
  ['DATABASE_URL', 'postgres://u:p@a:5432,b:99999/shop'],
  ['DATABASE_URL', 'postgres://u:p@a:5432,/shop'],
  ['DATABASE_URL', 'postgres://u:100%sure@127.0.0.1/shop'],
  ['DATABASE_POOL_SIZE', '0'],
  ['DATABASE_PREPARE', 'yes'],
  ['AUTH_JWT_SECRET', 'thirty-one bytes are not enough'],
  ['AUTH_JWKS_URL', 'file:///etc/keys.json'],
  ['AUTH_JWKS_URL', 'http://user:hunter2@id.example.com/keys'],
  ['AUTH_JWKS_URL', 'http://user@id.example.com/keys'],
  ['PAYMENT_URL', 'stripe'],
  ['PAYMENT_URL', 'https://:sk_1@payments.example.com'],
  ['INVENTORY_URL', '//warehouse'],
  ['INVENTORY_URL', 'http://shop:100%sure@warehouse.example.com'],
  ['PUBLIC_URL', 'https://shop@api.example.com'],
  ['SMTP_URL', 'http://mail.example.com'],
  ['EMAIL_FROM', 'nobody'],
  ['EMAIL_FROM', 'a@b@c'],
  ['EMAIL_FROM', 'a <a@b'],
  ['EMAIL_FROM', 'a@b, c@d'],
  ['EMAIL_FROM', 'x y z@w'],
  ['EMAIL_FROM', 'x <a@b> <c@d>'],
  ['EMAIL_FROM', 'Shop: x <a@b>'],
  ['EMAIL_FROM', 'Shop\nBcc: x <a@b>'],
  ['CURRENCY', 'usd'],
  ['CURRENCY', 'QQQ'],
  ['ORDER_LEASE_SECONDS', '0'],
  ['IDEMPOTENCY_TTL_SECONDS', 'a day'],
  ['API_DEFAULT_VERSION', '3'],
  ['API_V1_DEPRECATION', '31.1.2027'],
  ['API_V1_SUNSET', '2027-02-30'],
  ['RATE_LIMIT_MAX', '0'],
  ['RATE_LIMIT_WINDOW_SECONDS', '1e3'],
  ['REDIS_URL', 'redis.example.com:6379'],
  ['REDIS_URL', 'http://redis.example.com'],
  ['REDIS_URL', 'redis://u:100%sure@127.0.0.1'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'https://shop.example.com/'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '1'],
  ['TRUST_PROXY', '10.0.0.1'],
  ['TRUST_PROXY', '0.0.0.0/0'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['DRAIN_SECONDS', '-5'],
  ['SHUTDOWN_SECONDS', '0'],
  ['LOG_LEVEL', 'verbose'],
  ['ROLE', 'cron'],
  ['OPS_HOST', '10.0.0.0/8'],
  ['OPS_HOST', '10.0.0.256'],
  ['AUTH_ISSUER', ' '],
  ['AUTH_AUDIENCE', ' '],
  ['PAYMENT_API_KEY', 'sk test'],
  ['PRODUCT_CACHE_MS', '1s'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'grpc://collector:4317'],
  ['OPS_TRACE_URL', 'jaeger'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'hunter2'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'key=caf%E9'],
  ['OTEL_SDK_DISABLED', '1'],
  ['OTEL_TRACES_EXPORTER', 'console'],
  ['OTEL_SERVICE_NAME', ' '],
  ['OTEL_RESOURCE_ATTRIBUTES', 'a=b,c'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'a=50%'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'team=caf%E9'],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ['OTEL_TRACES_SAMPLER_ARG', '10%'],
  ['PAYMENT_DEADLINE_MS', '0'],
  ['PAYMENT_CONNECTIONS', 'many'],
  ['INVENTORY_DEADLINE_MS', '60001'],
  ['EMAIL_CONNECTIONS', '-1'],
  ['CIRCUIT_OPEN_SECONDS', '0'],
]

test('every variable has a value here that is refused', () => {
  const named = new Set([...bad.map(([name]) => name), 'SANDBOX_URL'])
  assert.deepEqual(
    variables.map(({ name }) => name).filter((name) => !named.has(name)),
    [],
  )
})

for (const [name, value] of bad) {
  test(`${name}=${value} is refused by name, with what is allowed and an example`, () => {
    const error = refusal({ [name]: value })
    assert.deepEqual(error.variables, [name])
    const secret = /secret|token|key|headers/i.test(name)
    const isUrl = /_(?:URL|ENDPOINT)$/.test(name)
    const was = secret || isUrl ? /is (?:"|\*\*\*)/ : `is ${JSON.stringify(value)}\n`
    if (typeof was === 'string') assert.ok(error.message.includes(was), error.message)
    else assert.match(error.message, was)
    if (secret) assert.ok(!error.message.includes(value), 'a secret is not shown')
    assert.match(error.message, new RegExp(`${name} is .*\n {4}allowed: .+\n {4}example: ${name}=.+`))
  })
}

const conflicting: Array<[string, Record<string, string>]> = [
  ['AUTH_JWT_SECRET', { AUTH_JWT_SECRET: '' }],
  ['OPS_TOKEN', { OPS_HOST: '0.0.0.0' }],
  ['OPS_TOKEN', { OPS_HOST: '128.0.0.1' }],
  ['OPS_TOKEN', { OPS_HOST: '127.evil.example' }],
  ['EMAIL_FROM', { NODE_ENV: 'production' }],
  ['API_V1_SUNSET', { API_V1_DEPRECATION: '2027-02-01', API_V1_SUNSET: '2027-01-31' }],
  ['API_V1_SUNSET', { API_V1_DEPRECATION: '2029-01-31', API_V1_SUNSET: '2028-01-31' }],
  ['SANDBOX_URL', { NODE_ENV: 'production', EMAIL_FROM: 'a@b', SANDBOX_URL: 'http://127.0.0.1:3002' }],
  ['SHUTDOWN_SECONDS', { DRAIN_SECONDS: '25' }],
  ['SHUTDOWN_SECONDS', { DRAIN_SECONDS: '3599' }],
  ['OPS_PORT', { PORT: '8080', OPS_PORT: '8080' }],
  ['OPS_PORT', { HOST: '0.0.0.0', OPS_PORT: '3000' }],
  ['OPS_PORT', { HOST: 'localhost', OPS_PORT: '3000' }],
  ['OPS_PORT', { OPS_HOST: '::', OPS_TOKEN: 't', OPS_PORT: '3000' }],
  ['OPS_PORT', { PORT: '9090', OPS_PORT: '9090' }],
  ['OPS_PORT', { PORT: '65535', OPS_PORT: '65535' }],
  ['PORT', { PORT: '3001' }],
]

for (const [name, env] of conflicting) {
  test(`${JSON.stringify(env)} is refused at ${name}, and the example mends it`, () => {
    const { variables: at, message } = refusal(env)
    assert.deepEqual(at, [name])
    const [, example] = /\n {4}example: \w+=(.*)$/.exec(message) ?? []
    assert.ok(example !== undefined)
    readConfig({ ...complete, ...env, [name]: example })
  })
}

const beside: Record<string, string>[] = [
  { PORT: '0', OPS_PORT: '0' },
  { PORT: '3000', OPS_PORT: '3000', ROLE: 'worker' },
  { PORT: '3000', OPS_PORT: '3000', OPS_HOST: '127.0.0.2' },
  { PORT: '3000', OPS_PORT: '3000', HOST: '0.0.0.0', OPS_HOST: '::1' },
]

for (const env of beside) {
  test(`${JSON.stringify(env)} are no two listeners at one address`, () => {
    assert.equal(readConfig({ ...complete, ...env }).port, Number(env.PORT))
  })
}

for (const sender of ['a@b', '<a@b>', 'Holdfast <a@b.example>', '"Smith, J." <a@b>', 'Müller & Co. <a@b>']) {
  test(`EMAIL_FROM=${sender} is taken`, () => {
    assert.equal(readConfig({ ...complete, EMAIL_FROM: sender }).emailFrom, sender)
  })
}

test('every bad variable is named at once, the missing ones too', () => {
  const error = refusal({ PORT: 'x', ROLE: 'y', DATABASE_URL: '', SMTP_URL: '', DRAIN_SECONDS: '30' })
  const expected = ['DATABASE_URL', 'PORT', 'ROLE', 'SHUTDOWN_SECONDS', 'SMTP_URL']
  assert.deepEqual([...error.variables].sort(), expected)
  assert.match(error.message, /DATABASE_URL is not set/)
  assert.match(error.message, /PORT is "x"/)
})

test('no secret stands in the message, whatever is wrong with it', () => {
  const error = refusal({
    AUTH_JWT_SECRET: 'hunter2',
    OPS_TOKEN: 'hunter2 hunter2',
    PAYMENT_API_KEY: 'hunter2 ',
    DATABASE_URL: 'mysql://root:hun@ter2/hunter2@db:1/shop?password=hunter2',
    SMTP_URL: 'root:hunter2@mail',
  })
  assert.equal(error.variables.length, 5)
  assert.doesNotMatch(error.message, /hunter2/)
  assert.match(error.message, /DATABASE_URL is "mysql:\/\/\*\*\*@db:1\/shop\?\*\*\*"/)
})

const leaky: Array<[string, string, shown: string]> = [
  ['DATABASE_URL', 'postgres://u:hunter2', '"postgres://***"'],
  ['DATABASE_URL', 'postgres://u:hunter2/db', '"postgres://***"'],
  ['DATABASE_URL', 'postgres://u:hun/ter2/db', '"postgres://***"'],
  ['DATABASE_URL', 'postgres://u:p@h/db#hunter2', '"postgres://***@h/db#***"'],
  ['SMTP_URL', 'smtp://user:hunter2', '"smtp://***"'],
  ['REDIS_URL', 'redis://:hunter2', '"redis://***"'],
  ['REDIS_URL', 'redis://:12345', '"redis://***"'],
  ['DATABASE_URL', 'postgres://u:1234567', '"postgres://***"'],
  ['CORS_ORIGINS', 'https://a.example,https://u:hunter2@x.y', '"***@x.y"'],
]

for (const [name, value, shown] of leaky) {
  test(`of ${name}=${value} the password is not shown`, () => {
    assert.match(refusal({ [name]: value }).message, new RegExp(`${name} is ${RegExp.escape(shown)}\n`))
  })
}

test('of a URL without a password nothing is hidden that is needed to mend it', () => {
  const shown = (name: string, value: string) => refusal({ [name]: value }).message
  assert.match(shown('PUBLIC_URL', 'api.example.com'), /PUBLIC_URL is "api\.example\.com"\n/)
  assert.match(
    shown('DATABASE_URL', 'postgres://a:5432,[::1]:99999/shop'),
    /is "postgres:\/\/a:5432,\[::1\]:99999\/shop"\n/,
  )
  assert.match(shown('REDIS_URL', 'http://redis.example.com'), /is "http:\/\/redis\.example\.com"\n/)
})

test('a switch of OpenTelemetry is read without case, as it defines them', () => {
  assert.equal(readConfig({ ...complete, OTEL_SDK_DISABLED: 'True' }).otelSdkDisabled, true)
  assert.equal(readConfig({ ...complete, OTEL_SDK_DISABLED: 'FALSE' }).otelSdkDisabled, false)
})

test('keys instead of a secret are enough, and a token opens a foreign operations address', () => {
  const env = {
    AUTH_JWT_SECRET: '',
    AUTH_JWKS_URL: 'http://127.0.0.1/jwks',
    OPS_HOST: '0.0.0.0',
    OPS_TOKEN: 't',
  }
  assert.equal(readConfig({ ...complete, ...env }).authJwksUrl, 'http://127.0.0.1/jwks')
})

test('a migration asks for its database alone', () => {
  assert.deepEqual(readMigrationConfig({ DATABASE_URL: complete.DATABASE_URL, PORT: 'x' }), {
    databaseUrl: complete.DATABASE_URL,
  })
  assert.throws(() => readMigrationConfig({}), ConfigError)
})
