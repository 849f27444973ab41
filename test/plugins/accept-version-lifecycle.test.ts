import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { createLifecycles } from '#plugins/accept-version/lifecycle.ts'
import { acceptVersion } from '#plugins/accept-version.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { versionedService } from './accept-version-service.ts'

const V2 = 'application/vnd.holdfast.order+json; version=2'
const LINK = '<https://api.example.com/docs#versions>; rel="deprecation"'
const deprecation = new Date('2026-01-01T00:00:00Z')
const sunset = new Date('2027-01-01T00:00:00.000Z')
const lifecycles = { 1: { deprecation, sunset } }

test('the dates of a version stand on its answers as soon as they are set, and only on its own', async (t) => {
  const now = () => Date.parse('2025-06-01')
  const app = await versionedService(t, { lifecycles, now })
  const old = await app.inject('/orders/1')
  assert.equal(old.headers.deprecation, '@1767225600')
  assert.equal(old.headers.sunset, 'Fri, 01 Jan 2027 00:00:00 GMT')
  assert.equal(old.headers.link, LINK)
  const current = await app.inject({ url: '/orders/1', headers: { 'accept-version': '2' } })
  for (const name of ['deprecation', 'sunset', 'link']) assert.equal(current.headers[name], undefined)
})

test('a version that is only deprecated has no Sunset, and an error of it is announced too', async (t) => {
  const app = await versionedService(t, { lifecycles: { 1: { deprecation } } })
  const response = await app.inject('/broken')
  await assertProblem(response, {
    slug: 'internal-error',
    headers: { deprecation: '@1767225600', 'api-version': '1' },
  })
  assert.ok(String(response.headers.link).startsWith(`${LINK}, `))
  assert.equal(response.headers.sunset, undefined)
})

test('from the moment of its sunset a version is gone, also for headers decided before', async (t) => {
  let time = sunset.getTime() - 1
  const app = await versionedService(t, { lifecycles, now: () => time })
  const ask = (accept?: string, acceptVersion?: string) =>
    app.inject({
      url: '/orders/1',
      headers: {
        ...(accept && { accept }),
        ...(acceptVersion && { 'accept-version': acceptVersion }),
      },
    })
  const before = async (accept?: string, acceptVersion?: string) =>
    (await ask(accept, acceptVersion)).headers['api-version']
  const either = 'application/json;version=1, application/json;version=2;q=0.5'

  assert.equal(await before(), '1')
  assert.equal(await before('application/json'), '1')
  assert.equal(await before(undefined, '1'), '1')
  assert.equal(await before(either), '1')

  time = sunset.getTime()
  for (const [accept, acceptVersion] of [[], ['application/json'], [undefined, '1'], ['*/*;version=1']]) {
    await assertProblem(await ask(accept, acceptVersion), {
      slug: 'version-sunset',
      detail: `Version 1 is gone since Fri, 01 Jan 2027 00:00:00 GMT. Ask for ${V2}, or send Accept-Version: 2.`,
      extensions: { available: [V2, 'application/json'] },
      headers: { vary: 'Accept, Accept-Version', sunset: 'Fri, 01 Jan 2027 00:00:00 GMT' },
    })
  }
  assert.equal(await before(either), '2')
  assert.equal(await before('application/json;version=2'), '2')
  await assertProblem(await ask('text/html'), {
    slug: 'not-acceptable',
    extensions: { available: [V2, 'application/json'] },
  })

  // A clock that was set back.
  time = sunset.getTime() - 1
  assert.equal(await before(), '1')
})

test('several sunsets pass one after the other', () => {
  const dates = { 1: { sunset: new Date(100) }, 2: { sunset: new Date(200) }, 3: {} }
  const { goneAt } = createLifecycles(dates, 'https://api.example.com')
  for (const [time, gone] of [
    [99, []],
    [100, [1]],
    [199, [1]],
    [200, [1, 2]],
    [0, []],
    [5_000, [1, 2]],
  ] as const) {
    assert.deepEqual([...goneAt(time)], gone)
  }
  assert.equal(goneAt(250), goneAt(9_999))
})

test('contradictory dates stop the start with the reason', async () => {
  const start = async (lifecycle: { deprecation?: Date; sunset?: Date }) => {
    const app = Fastify()
    app.register(acceptVersion, {
      vendor: 'holdfast',
      defaultVersion: 1,
      lifecycles: { 1: lifecycle },
      deprecationLink: 'https://api.example.com',
    })
    await app.ready()
    await app.close()
  }
  await assert.rejects(
    start({ deprecation: sunset, sunset: deprecation }),
    /^Error: The sunset of version 1 \(2026-01-01T00:00:00\.000Z\) lies before its deprecation \(2027-01-01/,
  )
  await assert.rejects(start({ sunset: new Date('soon') }), /^Error: The sunset of version 1 is not a date/)
  await assert.rejects(
    start({ deprecation: new Date('soon') }),
    /^Error: The deprecation of version 1 is not a/,
  )
  await start({ deprecation: sunset, sunset })
})

test('a link that is no URL stops the start', () => {
  assert.throws(() => createLifecycles({}, '/docs#versions'), /is not a URL/)
})

test('an offer of no version, of one twice, or of what is no positive integer is a mistake', async (t) => {
  const app = await versionedService(t)
  for (const versions of [[], [1, 1], [0, 1], [-1], [1.5], [Number.NaN]]) {
    assert.throws(() => app.acceptVersion({ type: 'order', versions }), /different positive integers/)
  }
})

test('when no version is left, nothing is advised and nothing listed', async (t) => {
  const app = await versionedService(t, {
    lifecycles: { 1: { sunset }, 2: { sunset } },
    now: () => Date.parse('2030-01-01'),
  })
  await assertProblem(await app.inject('/orders/1'), {
    slug: 'version-sunset',
    detail: 'Version 1 is gone since Fri, 01 Jan 2027 00:00:00 GMT. No version is left.',
    extensions: { available: [] },
  })
})
