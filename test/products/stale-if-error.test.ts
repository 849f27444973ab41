import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStaleIfError } from '#src/products/stale-if-error.ts'

class Away extends Error {}

/** Of every source here together: more than the one that is asked may answer. */
let answers = 0

function build(options: { freshMs?: number; maxEntries?: number; maxBytes?: number } = {}) {
  const clock = { now: 0 }
  const copies = createStaleIfError<{ text: string }>({
    isAway: (error) => error instanceof Away,
    answers: () => answers,
    tooSlow: () => new Away(),
    sizeOf: ({ text }) => text.length,
    freshMs: options.freshMs ?? 1000,
    maxEntries: options.maxEntries ?? 10,
    maxBytes: options.maxBytes ?? 1000,
    now: () => clock.now,
  })
  return { clock, copies }
}

const gives = (text: string) => async () => {
  answers += 1
  return { text }
}
const fails = (error: Error) => async () => {
  throw error
}

test('a value is fresh for its time and then asked for again', async () => {
  const { clock, copies } = build()
  assert.equal(copies.fresh('a'), undefined)
  assert.deepEqual(await copies.read('a', gives('1')), { value: { text: '1' }, stale: false })
  clock.now = 999
  assert.deepEqual(copies.fresh('a'), { text: '1' })
  clock.now = 1000
  assert.equal(copies.fresh('a'), undefined)
  assert.deepEqual(await copies.read('a', gives('2')), { value: { text: '2' }, stale: false })
})

test('many readers of one key are one load', async () => {
  const { copies } = build()
  let loads = 0
  const load = async () => ({ text: String(++loads) })
  await Promise.all(Array.from({ length: 50 }, () => copies.read('a', load)))
  assert.equal(loads, 1)
})

test('where nothing is fresh a reader gets what was read after it came, as do all who came meanwhile', async () => {
  const { copies } = build({ freshMs: 0 })
  const slow = Promise.withResolvers<{ text: string }>()
  const early = copies.read('a', () => slow.promise)
  let loads = 0
  const load = async () => ({ text: `after ${++loads}` })
  const late = [copies.read('a', load), copies.read('a', load)]
  slow.resolve({ text: 'before' })
  assert.deepEqual(await early, { value: { text: 'before' }, stale: false })
  const after = { value: { text: 'after 1' }, stale: false }
  assert.deepEqual(await Promise.all(late), [after, after])
  assert.deepEqual(await copies.read('a', load), { value: { text: 'after 2' }, stale: false })
})

test('an old copy stands in while the source is away, and no longer than that', async () => {
  const { clock, copies } = build()
  await copies.read('a', gives('1'))
  clock.now = 5000
  assert.deepEqual(await copies.read('a', fails(new Away())), { value: { text: '1' }, stale: true })
  assert.deepEqual(await copies.read('a', gives('2')), { value: { text: '2' }, stale: false })
})

test('while the source is known to be away nobody with a copy waits for it', async () => {
  const { clock, copies } = build()
  await copies.read('a', gives('1'))
  clock.now = 5000
  await copies.read('a', fails(new Away()))
  const never = () => new Promise<{ text: string }>(() => {})
  assert.deepEqual(await copies.read('a', never), { value: { text: '1' }, stale: true })
})

test('once the source has answered anybody, its readers no longer get the copy of the time before', async () => {
  const { clock, copies } = build()
  await copies.read('a', gives('1'))
  clock.now = 5000
  await copies.read('a', fails(new Away()))
  answers += 1
  const slowly = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return { text: '2' }
  }
  assert.deepEqual(await copies.read('a', slowly), { value: { text: '2' }, stale: false })
})

test('a load that fails late does not make its source less away than a later one found it', async () => {
  const { clock, copies } = build()
  await copies.read('a', gives('1'))
  clock.now = 5000
  const late = Promise.withResolvers<{ text: string }>()
  const early = copies.read('b', () => late.promise)
  answers += 1
  await copies.read('a', fails(new Away()))
  late.reject(new Away())
  await assert.rejects(early, Away)
  const never = new Promise<{ text: string }>(() => {})
  const nextTurn = new Promise((resolve) => setImmediate(resolve, 'it waited'))
  assert.deepEqual(await Promise.race([copies.read('a', () => never), nextTurn]), {
    value: { text: '1' },
    stale: true,
  })
})

test('a source that hangs is as good as away to a reader with a copy', async () => {
  const { clock, copies } = build()
  await copies.read('a', gives('1'))
  clock.now = 5000
  const never = () => new Promise<{ text: string }>(() => {})
  assert.deepEqual(await copies.read('a', never), { value: { text: '1' }, stale: true })
})

test('without a copy, and for any other failure, the error is the answer', async () => {
  const { clock, copies } = build()
  await assert.rejects(copies.read('a', fails(new Away())), Away)
  await copies.read('b', gives('1'))
  clock.now = 5000
  await assert.rejects(copies.read('b', fails(new TypeError('bug'))), TypeError)
})

test('what is gone at the source is forgotten', async () => {
  const { clock, copies } = build()
  await copies.read('a', gives('1'))
  clock.now = 5000
  assert.equal(await copies.read('a', async () => undefined), undefined)
  await assert.rejects(copies.read('a', fails(new Away())), Away)
})

for (const how of ['invalidate', 'invalidateAll'] as const) {
  test(`after ${how} a copy is old, and kept for the day when the source is away`, async () => {
    const { copies } = build()
    await copies.read('a', gives('1'))
    how === 'invalidate' ? copies.invalidate(['a', 'unknown']) : copies.invalidateAll()
    assert.equal(copies.fresh('a'), undefined)
    assert.deepEqual(await copies.read('a', fails(new Away())), { value: { text: '1' }, stale: true })
  })

  test(`a load that began before ${how} is given to nobody who asks after it`, async () => {
    const { copies } = build()
    const before = Promise.withResolvers<{ text: string }>()
    const early = copies.read('a', () => before.promise)
    how === 'invalidate' ? copies.invalidate(['a']) : copies.invalidateAll()
    const late = copies.read('a', gives('after'))
    assert.deepEqual(await late, { value: { text: 'after' }, stale: false })
    before.resolve({ text: 'before' })
    await early
    assert.deepEqual(copies.fresh('a'), { text: 'after' })
  })

  test(`what was read while ${how} came stands in for a source that is away, and is never fresh`, async () => {
    const { copies } = build()
    const slow = Promise.withResolvers<{ text: string }>()
    const early = copies.read('a', () => slow.promise)
    how === 'invalidate' ? copies.invalidate(['a']) : copies.invalidateAll()
    slow.resolve({ text: '1' })
    assert.deepEqual(await early, { value: { text: '1' }, stale: false })
    assert.equal(copies.fresh('a'), undefined)
    assert.deepEqual(await copies.read('a', fails(new Away())), { value: { text: '1' }, stale: true })
    assert.deepEqual(await copies.read('a', gives('2')), { value: { text: '2' }, stale: false })
  })

  test(`of two loads that ${how} came upon, the one that began later stands in, whichever ends last`, async () => {
    const { copies } = build()
    const [one, two] = [Promise.withResolvers<{ text: string }>(), Promise.withResolvers<{ text: string }>()]
    const reads = [one, two].map(({ promise }) => {
      const read = copies.read('a', () => promise)
      how === 'invalidate' ? copies.invalidate(['a']) : copies.invalidateAll()
      return read
    })
    two.resolve({ text: '2' })
    await reads[1]
    one.resolve({ text: '1' })
    await reads[0]
    assert.equal(copies.fresh('a'), undefined)
    assert.deepEqual(await copies.read('a', fails(new Away())), { value: { text: '2' }, stale: true })
  })
}

test('entries and bytes are bounded', async () => {
  const few = build({ maxEntries: 2 }).copies
  for (const key of ['a', 'b', 'c']) await few.read(key, gives(key))
  assert.equal(few.fresh('a'), undefined)
  assert.deepEqual(few.fresh('c'), { text: 'c' })

  const small = build({ maxBytes: 10 }).copies
  for (const key of ['a', 'b', 'c']) await small.read(key, gives(key.repeat(4)))
  assert.equal(small.fresh('a'), undefined)
  assert.deepEqual(small.fresh('c'), { text: 'cccc' })
})
