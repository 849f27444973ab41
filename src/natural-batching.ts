import { activeSpan, forSpans, type Span } from '#plugins/tracing.ts'

interface Waiting<Item, Result> {
  item: Item
  /** Whose work it is, which need not be that of the one whose turn sends the list. */
  span: Span | undefined
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

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
}

/**
 * Natural batching: when nothing is under way, the items of one turn of the event loop are sent at its end; what arrives
 * meanwhile goes together when the answer is there. No timer, so nobody waits when it is quiet, and under load the
 * statements grow instead of the queue. Sent at once instead, the first item of a turn would go alone, and all
 * others of the same turn would wait for its answer.
 */
export function naturalBatching<Item, Result>(options: BatchingOptions<Item, Result>) {
  let waiting: Waiting<Item, Result>[] = []
  let underWay = false

  async function sendAll() {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, options.most)
      waiting = waiting.slice(options.most)
      await sendBatch(batch)
    }
    underWay = false
  }

  async function sendBatch(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await forSpans(
        batch.map(({ span }) => span),
        () => options.send(batch.map(({ item }) => item)),
      )
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index]
        if (result === undefined)
          reject(new Error('a batch came back without an answer for one of its items'))
        else resolve(result)
      }
    } catch (error) {
      if (batch.length > 1 && !options.concernsAll(error))
        await Promise.all(batch.map((one) => sendBatch([one])))
      else for (const { reject } of batch) reject(error)
    }
  }

  return (item: Item): Promise<Result> =>
    new Promise((resolve, reject) => {
      waiting.push({ item, span: activeSpan(), resolve, reject })
      if (underWay) return
      underWay = true
      setImmediate(sendAll)
    })
}
