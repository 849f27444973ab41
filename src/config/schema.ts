import Type from 'typebox'
import * as kind from './kinds.ts'
import { dependencySettings } from './schema/dependencies.ts'
import { tracingSettings } from './schema/tracing.ts'
import * as url from './url-kinds.ts'

export const LONGEST_SHUTDOWN_SECONDS = 3600

/**
 * Every setting of the service, once. Its environment variable is the key in capitals: `opsToken` is `OPS_TOKEN`.
 * `secret: true` masks the whole value in an error; of a URL only the part that can hold a password is masked.
 * A key without a default that is not optional must be set.
 */
export const ConfigSchema = Type.Object({
  nodeEnv: kind.oneOf(['development', 'test', 'production'], {
    section: 'What runs',
    description: 'In production nothing is supplied or assumed: what is missing stops the start.',
    default: 'development',
    examples: ['production'],
  }),
  role: kind.oneOf(['all', 'api', 'worker'], {
    description: 'Which half this process is. A worker opens the operations listener only.',
    default: 'all',
    examples: ['api'],
  }),
  logLevel: kind.oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    description: 'The least severe log line that is written.',
    default: 'info',
    examples: ['debug'],
  }),

  host: kind.host({
    section: 'Listeners',
    description: 'Where the public API listens.',
    default: '127.0.0.1',
    examples: ['0.0.0.0'],
  }),
  port: kind.port({
    description: 'The port of the public API.',
    default: 3000,
    examples: ['8080'],
  }),
  opsHost: kind.host({
    description: 'Where dashboard, metrics and catalogue listen. Never expose it to the internet.',
    default: '127.0.0.1',
    examples: ['10.0.0.5'],
  }),
  opsPort: kind.port({
    description: 'The port of the operations listener.',
    default: 3001,
    examples: ['9090'],
  }),
  opsToken: Type.Optional(
    kind.token({
      description:
        'Demanded of every operator once set. Must be set when OPS_HOST is not a loopback address.',
      examples: ['paste-the-output-of-openssl-rand-hex-32'],
      secret: true,
    }),
  ),
  opsTraceUrl: Type.Optional(
    kind.text(
      'a URL that begins with http:// or https:// and holds {traceId}',
      '^https?://\\S*\\{traceId\\}\\S*$',
      {
        description: 'Where the dashboard leads from a trace id. Left out: ids are there to be copied.',
        examples: ['https://traces.example.com/trace/{traceId}'],
      },
    ),
  ),
  publicUrl: Type.Optional(
    url.openBase({
      description:
        'How clients reach the API; problem types begin with it. Left out: the address it listens on.',
      examples: ['https://api.example.com'],
    }),
  ),

  databaseUrl: url.database({
    section: 'Database',
    description:
      'PostgreSQL 15 or newer. With several hosts the primary among them is found. TLS: ?sslmode=require, or better verify-full.',
    examples: ['postgres://holdfast:password@127.0.0.1:5432/holdfast'],
  }),
  databasePoolSize: kind.whole(1, 1000, '', {
    description:
      'Connections of this process. Few are enough: reads are gathered and nothing holds one while it waits.',
    default: 10,
    examples: ['20'],
  }),
  databasePrepare: kind.flag({
    description: 'Prepared statements. Turn off behind a PgBouncer older than 1.21 in transaction mode.',
    default: true,
    examples: ['false'],
  }),

  authJwtSecret: Type.Optional(
    kind.secretOf(32, {
      section: 'Identity (one of AUTH_JWT_SECRET and AUTH_JWKS_URL must be set)',
      description: 'Checks tokens signed with HS256.',
      examples: ['paste-the-output-of-openssl-rand-base64-48-here'],
      secret: true,
    }),
  ),
  authJwksUrl: Type.Optional(
    url.open({
      description: 'The keys that check tokens signed with RS256, ES256 or EdDSA.',
      examples: ['https://id.example.com/.well-known/jwks.json'],
    }),
  ),
  authIssuer: Type.Optional(
    kind.text('the exact text of the claim', '\\S', {
      description: 'What the iss claim must be. Left out: not looked at.',
      examples: ['https://id.example.com/'],
    }),
  ),
  authAudience: Type.Optional(
    kind.text('the exact text of the claim', '\\S', {
      description: 'What the aud claim must hold. Left out: not looked at.',
      examples: ['holdfast'],
    }),
  ),

  ...dependencySettings,

  currency: kind.currency({
    section: 'Orders',
    description:
      'The one currency products are priced in. Products that were put in under another are neither shown nor sold until they are put in again.',
    default: 'USD',
    examples: ['EUR'],
  }),
  orderLeaseSeconds: kind.seconds(1, 3600, {
    description:
      'How long a claimed idempotency key is left to the process that holds it before another may finish the order.',
    default: 15,
    examples: ['15'],
  }),
  idempotencyTtlSeconds: kind.seconds(1, 31_536_000, {
    description: 'How long an idempotency key is remembered after its order was placed.',
    default: 86_400,
    examples: ['86400'],
  }),

  apiDefaultVersion: kind.whole(1, 2, '', {
    section: 'Versions',
    description: 'What a client gets that asks for no version.',
    default: 1,
    examples: ['2'],
  }),
  apiV1Deprecation: Type.Optional(
    kind.date({
      description: 'From when version 1 is deprecated; announced as soon as it is set.',
      examples: ['2027-01-31'],
    }),
  ),
  apiV1Sunset: Type.Optional(
    kind.date({
      description: 'From when version 1 is gone. Not before its deprecation.',
      examples: ['2027-07-31'],
    }),
  ),

  rateLimitMax: kind.whole(1, 1_000_000_000, ' requests', {
    section: 'Limits',
    description: 'Requests that one principal, or one address, may make in a window.',
    default: 600,
    examples: ['600'],
  }),
  rateLimitWindowSeconds: kind.seconds(1, 86_400, {
    description: 'The length of that window.',
    default: 60,
    examples: ['60'],
  }),
  redisUrl: Type.Optional(
    url.of(['redis', 'rediss'], {
      description: 'Where all instances count together. Left out, or while it is away: each by itself.',
      examples: ['redis://user:password@redis.example.com:6379'],
    }),
  ),
  corsOrigins: kind.origins({
    description: 'Web pages that may call the API from a browser.',
    default: [],
    examples: ['https://shop.example.com,https://admin.example.com'],
  }),
  trustProxy: kind.networks({
    description: 'Networks whose X-Forwarded-For and X-Forwarded-Proto are believed, by both listeners.',
    default: [],
    examples: ['10.0.0.0/8,fd00::/8'],
  }),
  productCacheMs: kind.whole(0, 60_000, ', in milliseconds', {
    description: 'How long a product read once is answered from memory; 0 asks the database every time.',
    default: 1000,
    examples: ['1000'],
  }),

  drainSeconds: kind.seconds(0, LONGEST_SHUTDOWN_SECONDS - 1, {
    section: 'Shutdown',
    description: 'How long it keeps serving, unready, after SIGTERM: balancers need that long to look away.',
    default: 5,
    examples: ['5'],
  }),
  shutdownSeconds: kind.seconds(1, LONGEST_SHUTDOWN_SECONDS, {
    description: 'When it has to be gone after SIGTERM. More than DRAIN_SECONDS.',
    default: 25,
    examples: ['25'],
  }),

  sandboxUrl: Type.Optional(
    url.openBase({
      section: 'Sandbox (set by npm start)',
      description: 'Stand-ins whose faults the dashboard may switch. Refused in production.',
      examples: ['http://127.0.0.1:3002'],
    }),
  ),

  ...tracingSettings,
})
