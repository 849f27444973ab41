import { activeSpan, forSpans } from '#plugins/tracing.ts'
import { createApart, type Held, type Waiting } from './natural-batching/apart.ts'

export interface BatchingOptions<Item, Result> {
  /** Answers a list, item by item, in the same order. */
  send: (items: Item[]) => Promise<Result[]>
  /** The longest list that is sent at once. */
  most: number
  /**
   * Whether an error is about the whole list (the database is away) rather than about one item of it. Otherwise
   * each item is sent again alone, so that one that cannot be done does not harm its neighbours.
   */
  concernsAll: (error: unknown) => boolean
  /** Where items need what others may hold for long: one list that waits for it does not keep all others waiting. */
  held?: Held<Item>
}

/** Many times what a list takes: past that, it waits for something, and the next one goes beside it. */
const OVERTAKE_AFTER_MS = 250
/** Each takes a connection for as long as it waits, and there are others who need one. */
const MOST_BESIDE = 2

/**
 * Natural batching: when nothing is under way, the items of one turn of the event loop are sent at its end; what arrives
 * meanwhile goes together when the answer is there. No timer is waited for, so nobody waits when it is quiet, and under
 * load the statements grow instead of the queue. Sent at once instead, the first item of a turn would go alone, and all
 * others of the same turn would wait for its answer.
 */
export function naturalBatching<Item, Result>({
  send,
  most,
  concernsAll,
  held,
}: BatchingOptions<Item, Result>) {
  const apart = held && createApart<Item, Result>({ ...held, most, send: sendBatch })
  let waiting: Waiting<Item, Result>[] = []
  let atEndOfTurn = false
  let underWay = 0
  /** Those under way that are not waited for any more. */
  let overdue = 0

  function sendNext(): void {
    atEndOfTurn = false
    if (waiting.length === 0 || underWay > overdue || underWay >= MOST_BESIDE) return
    const batch = waiting.slice(0, most)
    waiting = waiting.slice(most)
    void sendInTurn(batch)
  }

  async function sendInTurn(batch: Waiting<Item, Result>[]): Promise<void> {
    underWay++
    let isOverdue = false
    const timer =
      held &&
      setTimeout(() => {
        isOverdue = true
        overdue++
        sendNext()
      }, OVERTAKE_AFTER_MS)
    await sendBatch(batch)
    clearTimeout(timer)
    underWay--
    if (isOverdue) overdue--
    sendNext()
  }

  /** @returns whether all of them have their answers; if not, they are refused, or go again */
  async function sendBatch(batch: Waiting<Item, Result>[]): Promise<boolean> {
    try {
      const results = await forSpans(
        batch.map(({ span }) => span),
        () => send(batch.map(({ item }) => item)),
      )
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index]
        if (result === undefined)
          reject(new Error('a batch came back without an answer for one of its items'))
        else resolve(result)
      }
      return true
    } catch (error) {
      if (apart?.isWhy(error)) {
        apart.separate(batch, error)
        waiting = waiting.filter((one) => !apart.takes(one))
      } else if (batch.length > 1 && !concernsAll(error))
        await Promise.all(batch.map((one) => sendBatch([one])))
      else for (const { reject } of batch) reject(error)
      return false
    }
  }

  return (item: Item): Promise<Result> =>
    new Promise((resolve, reject) => {
      const one = { item, span: activeSpan(), resolve, reject }
      if (apart?.takes(one)) return
      waiting.push(one)
      if (underWay > overdue || atEndOfTurn) return
      atEndOfTurn = true
      setImmediate(sendNext)
    })
}
