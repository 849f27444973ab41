import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { naturalBatching } from '#src/natural-batching.ts'

class Away extends Error {}
class NotFree extends Error {}

interface List {
  items: string[]
  answer: () => void
  fail: (error: Error) => void
}

/** Lists as they are sent, each of which the test answers; an item's answer is itself. */
function batching({ held = false, most = 3 } = {}) {
  const sent: List[] = []
  const add = naturalBatching<string, string>({
    most,
    concernsAll: (error) => error instanceof Away,
    ...(held && {
      held: { isWhy: (error: unknown) => error instanceof NotFree, needs: (item) => [...item] },
    }),
    send: (items) =>
      new Promise((resolve, reject) => {
        sent.push({ items, answer: () => resolve(items), fail: reject })
      }),
  })
  return {
    sent,
    add,
    lists: () => sent.map(({ items }) => items.join(' ')),
    /** What becomes of each item, in the order in which they were added. */
    outcomes: (items: string[]) =>
      Promise.all(items.map((item) => add(item).catch((error: Error) => error.constructor.name))),
  }
}

suite('Natural batching', () => {
  test('Those of one turn go together, and those who come meanwhile when the answer is there, in lists that have a bound', async () => {
    const { sent, lists, outcomes } = batching()
    const first = outcomes(['a', 'b'])
    assert.deepEqual(lists(), [], 'nothing goes before the turn is over')
    await turn()
    const meanwhile = outcomes(['c', 'd', 'e', 'f'])
    await turn()
    assert.deepEqual(lists(), ['a b'])
    sent[0]?.answer()
    assert.deepEqual(await first, ['a', 'b'])
    await turn()
    assert.deepEqual(lists(), ['a b', 'c d e'])
    sent[1]?.answer()
    await turn()
    sent[2]?.answer()
    assert.deepEqual(await meanwhile, ['c', 'd', 'e', 'f'])
    assert.deepEqual(lists(), ['a b', 'c d e', 'f'])
  })

  test('One that cannot be done is sent again alone, and so harms none of its list', async () => {
    const { sent, lists, outcomes } = batching()
    const all = outcomes(['a', 'bad', 'c'])
    await turn()
    sent[0]?.fail(new RangeError())
    await turn()
    assert.deepEqual(lists(), ['a bad c', 'a', 'bad', 'c'])
    for (const { items, answer, fail } of sent.slice(1))
      items[0] === 'bad' ? fail(new RangeError()) : answer()
    assert.deepEqual(await all, ['a', 'RangeError', 'c'])
    assert.equal(sent.length, 4, 'alone, it is not sent again')
  })

  test('What concerns all is what all of them are told, and nothing is sent again', async () => {
    const { sent, outcomes } = batching()
    const all = outcomes(['a', 'b'])
    await turn()
    sent[0]?.fail(new Away())
    assert.deepEqual(await all, ['Away', 'Away'])
    assert.equal(sent.length, 1)
  })

  test('An item without an answer is told so, and waits for nothing', async () => {
    const add = naturalBatching<string, string>({
      most: 9,
      concernsAll: () => false,
      send: async (items) => items.slice(1),
    })
    const [one, other] = await Promise.allSettled([add('a'), add('b')])
    assert.deepEqual([one?.status, other?.status], ['fulfilled', 'rejected'])
  })
})

suite('Where items need what others may hold for long', () => {
  function withTime(t: TestContext) {
    let now = 0
    t.mock.timers.enable({ apis: ['setTimeout'] })
    t.mock.method(performance, 'now', () => now)
    return async (ms: number) => {
      now += ms
      t.mock.timers.tick(ms)
      await turn()
    }
  }

  test('A list that takes long is overtaken by one other, and not by two', async (t) => {
    const pass = withTime(t)
    const { sent, lists, outcomes } = batching({ held: true })
    const all = [outcomes(['a'])]
    await turn()
    all.push(outcomes(['b']))
    await pass(249)
    assert.deepEqual(lists(), ['a'])
    await pass(1)
    assert.deepEqual(lists(), ['a', 'b'])
    all.push(outcomes(['c']))
    await pass(1_000)
    assert.deepEqual(lists(), ['a', 'b'])
    sent[1]?.answer()
    await turn()
    assert.deepEqual(lists(), ['a', 'b', 'c'])
    for (const { answer } of sent) answer()
    assert.deepEqual(await Promise.all(all), [['a'], ['b'], ['c']])

    await pass(1_000)
    const after = [outcomes(['d'])]
    await turn()
    after.push(outcomes(['e']))
    await turn()
    assert.deepEqual(lists().slice(3), ['d'], 'once they are done, the next one waits as ever')
    sent[3]?.answer()
    await turn()
    sent[4]?.answer()
    assert.deepEqual(await Promise.all(after), [['d'], ['e']])
  })

  test('Those who waited behind such a list go apart if they need the same, and the others without them', async (t) => {
    withTime(t)
    const { sent, lists, outcomes } = batching({ held: true })
    const first = outcomes(['x'])
    await turn()
    const behind = outcomes(['x', 'a'])
    sent[0]?.fail(new NotFree())
    await turn()
    assert.deepEqual(lists().slice(1), ['x', 'a'])
    for (const { answer } of sent) answer()
    assert.deepEqual([await first, await behind], [['NotFree'], ['x', 'a']])
  })

  test('A list for which something was not free is taken apart by what its items need, two at once, and who needs it is refused', async (t) => {
    withTime(t)
    const { sent, lists, outcomes } = batching({ held: true, most: 9 })
    const all = outcomes(['x', 'a', 'xy', 'yx', 'b'])
    await turn()
    sent[0]?.fail(new NotFree())
    await turn()
    assert.deepEqual(lists().slice(1), ['x', 'a'])
    sent[2]?.answer()
    await turn()
    assert.deepEqual(lists().slice(3), ['xy yx'], 'those who need the same, in whichever order')
    sent[3]?.fail(new NotFree())
    sent[1]?.fail(new NotFree())
    await turn()
    sent[4]?.answer()
    assert.deepEqual(await all, ['NotFree', 'a', 'NotFree', 'NotFree', 'b'])
  })

  test('What was not free is suspect until somebody has had it: who comes for it goes apart, and others do not wait', async (t) => {
    withTime(t)
    const { sent, lists, outcomes } = batching({ held: true })
    const refused = outcomes(['x'])
    await turn()
    sent[0]?.fail(new NotFree())
    assert.deepEqual(await refused, ['NotFree'])

    for (const needs of ['x', 'xy']) {
      sent.length = 0
      const apart = outcomes([needs])
      const other = outcomes(['a'])
      await turn()
      assert.deepEqual(lists(), [needs, 'a'])
      sent[1]?.answer()
      assert.deepEqual(await other, ['a'])
      needs === 'x' ? sent[0]?.fail(new NotFree()) : sent[0]?.answer()
      assert.deepEqual(await apart, [needs === 'x' ? 'NotFree' : 'xy'])
    }

    const together = outcomes(['x', 'a'])
    await turn()
    assert.deepEqual(lists().slice(2), ['x a'], 'it is free again')
    sent[2]?.answer()
    assert.deepEqual(await together, ['x', 'a'])
  })

  test('Who has waited for a turn for four seconds is refused when it comes, and those behind go', async (t) => {
    const pass = withTime(t)
    const { sent, lists, outcomes } = batching({ held: true })
    const suspect = outcomes(['x'])
    await turn()
    sent[0]?.fail(new NotFree())
    await suspect
    const underWay = outcomes(['x'])
    const early = outcomes(['x'])
    await pass(1)
    const late = outcomes(['x', 'x', 'x', 'x'])
    await pass(3_999)
    sent[1]?.fail(new NotFree())
    assert.deepEqual(await underWay, ['NotFree'])
    assert.deepEqual(await early, ['NotFree'])
    assert.deepEqual(lists().slice(2), ['x x x'], 'as many as go at once')
    await pass(1)
    sent[2]?.answer()
    assert.deepEqual(await late, ['x', 'x', 'x', 'NotFree'], 'also where nobody is behind')
    assert.equal(sent.length, 3)
  })
})
