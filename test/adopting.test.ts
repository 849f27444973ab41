import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { before, suite, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Payment, PaymentOptions } from '#src/dependencies/payment.ts'
import { CONTEXT, callFailure, wordsOf } from './dependencies/call-failure.ts'
import { halfJson, hang, json, startFake } from './dependencies/fake-server.ts'
import { lifetimeOfSuite } from './support/lifetime.ts'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const page = await readFile(join(PROJECT, 'docs/adopting.md'), 'utf8')

/** The files on the page, each by the path that its first line gives it. */
const files = new Map(
  [...page.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)].map(([, path = '', code = '']) => [path, code]),
)

interface Acme {
  createAcmePayment(options: PaymentOptions): Payment
}

interface Introspection {
  createIntrospector(options: {
    url: string
    user: string
    password: string
    now: () => number
  }): (token: string) => Promise<{ principal: { id: string }; expires: number }>
}

suite('The code in docs/adopting.md', () => {
  const lifetime = lifetimeOfSuite()
  let directory: string

  before(async () => {
    // Below the project, for its imports are the project's.
    await mkdir(join(PROJECT, '.holdfast'), { recursive: true })
    directory = await mkdtemp(join(PROJECT, '.holdfast', 'adopting-'))
    lifetime.after(() => rm(directory, { recursive: true, force: true }))
    for (const [path, code] of files) {
      const [root = '', ...folders] = path.split('/').slice(0, -1)
      const home = `'#${[root, ...folders].join('/')}/`
      await writeFile(join(directory, basename(path)), code.replaceAll("'./", home))
    }
    // As src/parts.ts calls the one whose place it takes.
    const exchanged = [
      "import type { Payment } from '#src/dependencies/payment.ts'",
      "import { createAcmePayment } from './acme-payment.ts'",
      "export const payment: Payment = createAcmePayment({ url: '', apiKey: '', policy: { bulkhead: 1 } })",
    ]
    await writeFile(join(directory, 'adopted.ts'), exchanged.join('\n'))
  })

  const load = async (name: string) => await import(pathToFileURL(join(directory, name)).href)

  test('compiles', { timeout: 60_000 }, async () => {
    assert.deepEqual(
      [...files.keys()],
      ['plugins/bearer-auth/introspect.ts', 'src/dependencies/acme-payment.ts'],
    )
    const compilerOptions = { types: ['node'] }
    // All plugins, for what each declares on requests is known to the others.
    const include = ['.', '../../plugins']
    const settings = { extends: '../../tsconfig.json', include, compilerOptions }
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(settings))
    const tsc = join(PROJECT, 'node_modules/.bin/tsc')
    await promisify(execFile)(tsc, ['--noEmit', '-p', directory]).catch(({ stdout }) => assert.fail(stdout))
  })

  test('charges, is declined, refunds, and leaves what it does not know unknown', async (t) => {
    const { createAcmePayment }: Acme = await load('acme-payment.ts')
    const acme = await startFake(
      t,
      json(200, { id: 'ch_1', state: 'paid' }),
      json(200, { id: 'ch_2', state: 'refused', reason: 'stolen_card' }),
      json(200, { id: 're_1' }),
      json(200, { id: 'ch_1', state: 'paid' }),
      json(400, {}),
      halfJson,
    )
    const payment = createAcmePayment({ url: acme.url, apiKey: 'key' })
    t.after(() => payment.close())
    const charge = {
      orderId: 'ord_1',
      amount: 1299,
      currency: 'USD',
      paymentToken: 'tok',
      key: 'order:ord_1:charge',
    }
    assert.deepEqual(await payment.charge(charge, CONTEXT), { kind: 'captured', reference: 'ch_1' })
    assert.deepEqual(await payment.charge(charge, CONTEXT), {
      kind: 'declined',
      declineCode: 'stolen_card',
      reference: 'ch_2',
    })
    const refund = {
      orderId: 'ord_1',
      reference: 'ch_1',
      amount: 1299,
      currency: 'USD',
      key: 'order:ord_1:refund',
    }
    assert.deepEqual(await payment.refund(refund, CONTEXT), { reference: 're_1' })
    assert.deepEqual(await payment.retrieve('ch_1', CONTEXT), { kind: 'captured', reference: 'ch_1' })
    const failure = await callFailure(payment.charge(charge, CONTEXT))
    assert.deepEqual([failure.reason, failure.outcomeUnknown], ['permanent', false])
    const doubt = await callFailure(payment.charge(charge, CONTEXT))
    assert.deepEqual([doubt.reason, doubt.outcomeUnknown], ['transient', true])
    assert.doesNotMatch(wordsOf(doubt), /pi_1/, 'what came back')

    const [first] = acme.requests
    assert.equal(`${first?.method} ${first?.url}`, 'POST /charges')
    assert.equal(first?.headers['idempotency-key'], 'order:ord_1:charge')
    assert.equal(first?.headers['x-request-id'], CONTEXT.requestId)
    assert.deepEqual(JSON.parse(first?.body ?? ''), {
      amount: 1299,
      currency: 'USD',
      source: 'tok',
      reference: 'ord_1',
    })
  })

  test('heeds the settings of payment: its deadline, and its calls at once', {
    timeout: 5_000,
  }, async (t) => {
    const { createAcmePayment }: Acme = await load('acme-payment.ts')
    const acme = await startFake(t, hang)
    const policy = { deadlineMs: 100, attemptTimeoutMs: 60, bulkhead: 1 }
    const payment = createAcmePayment({ url: acme.url, apiKey: 'key', policy })
    t.after(() => payment.close())
    const calls = [1, 2].map(() => callFailure(payment.retrieve('ch_1', CONTEXT)))
    const [, second] = await Promise.all(calls)
    assert.equal(second?.reason, 'bulkhead-full')
  })

  test('takes an opaque token, refuses one that is not active, and blames nobody for an issuer that is away', async (t) => {
    const { createIntrospector }: Introspection = await load('introspect.ts')
    const issuer = await startFake(
      t,
      json(200, { active: true, sub: 'ann', exp: 2_000_000_000 }),
      json(200, { active: false }),
      json(503, {}),
      halfJson,
    )
    const verify = createIntrospector({ url: issuer.url, user: 'shop', password: 'secret', now: () => 1_000 })
    const { principal, expires } = await verify('opaque')
    assert.equal(principal.id, 'ann')
    assert.equal(expires, 61_000)
    assert.equal(issuer.requests[0]?.body, 'token=opaque')
    await assert.rejects(verify('opaque'), { name: 'InvalidToken' })
    await assert.rejects(verify('opaque'), { name: 'KeysUnknown' })
    await assert.rejects(verify('opaque'), { name: 'KeysUnknown' })
  })
})
