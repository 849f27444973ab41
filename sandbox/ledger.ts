import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'

/** A charge that was tried: `succeeded`, or `failed` when the card was declined. */
export interface Charge {
  readonly orderId: string | null
  readonly key: string | null
  readonly amount: number
  readonly currency: string
  readonly status: 'succeeded' | 'failed'
  readonly at: string
  readonly paymentIntent: string
}

export interface Refund {
  readonly orderId: string | null
  readonly key: string | null
  readonly amount: number
  readonly currency: string
  readonly status: 'succeeded'
  readonly at: string
  readonly paymentIntent: string
}

export interface ReservedItem {
  readonly productId: string
  readonly quantity: number
}

/** A PaymentIntent as Stripe shows it; `id` is all that is looked up. */
export interface Intent {
  readonly id: string
  readonly [member: string]: unknown
}

/** What a key was answered the first time, to be answered again. */
export interface Answer {
  readonly key: string
  /** Of the method, the path and the parameters that came with the key. */
  readonly fingerprint: string
  readonly requestId: string
  readonly status: number
  readonly body: string
}

/**
 * One thing that happened, one line of the file. What belongs together is one entry: a charge and the answer
 * to its key cannot be parted by a crash.
 */
export type Entry =
  | { type: 'payment'; answer?: Answer; intent?: Intent; charge?: Charge; refund?: Refund }
  | { type: 'reserved'; orderId: string; items: ReservedItem[]; at: string }
  | { type: 'released'; orderId: string; at: string }

export type Ledger = ReturnType<typeof openLedger>

/**
 * All that the stand-ins ever did. With a `file` it is kept there as JSON lines and read at the start, so a
 * key that was charged before a restart is replayed after it.
 */
export function openLedger(file?: string) {
  const charges: Charge[] = []
  const refunds: Refund[] = []
  const releases: { orderId: string; at: string }[] = []
  const reservations = new Map<string, ReservedItem[]>()
  const intents = new Map<string, Intent>()
  const answers = new Map<string, Answer>()

  function apply(entry: Entry): void {
    switch (entry.type) {
      case 'payment':
        if (entry.answer) answers.set(entry.answer.key, entry.answer)
        if (entry.intent) intents.set(entry.intent.id, entry.intent)
        if (entry.charge) charges.push(entry.charge)
        if (entry.refund) refunds.push(entry.refund)
        break
      case 'reserved':
        reservations.set(entry.orderId, entry.items)
        break
      case 'released':
        if (reservations.delete(entry.orderId)) releases.push({ orderId: entry.orderId, at: entry.at })
        break
    }
  }

  if (file !== undefined) for (const entry of entriesOf(file)) apply(entry)

  return {
    charges,
    refunds,
    intents,
    answers,
    reservations,
    releases,
    /** Written before it is known to anybody, so that no answer goes out that a restart would forget. */
    record(entry: Entry): void {
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
      apply(entry)
    },
    /** The body of `GET /ledger`. */
    toJSON() {
      const reserved = Array.from(reservations, ([orderId, items]) => ({ orderId, items }))
      return { charges, refunds, reservations: reserved, releases }
    },
  }
}

function entriesOf(file: string): Entry[] {
  if (!existsSync(file)) return []
  const bytes = readFileSync(file)
  // A process that was killed in the middle of a line leaves it torn: the next one would be glued to it.
  const whole = bytes.lastIndexOf('\n') + 1
  if (whole < bytes.length) truncateSync(file, whole)
  const lines = bytes.subarray(0, whole).toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map((line): Entry => JSON.parse(line))
}
