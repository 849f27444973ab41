import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Phone } from './phone.ts'
import type { PlannedOrder } from './plan.ts'

/** One key and everything its customer heard about it. */
export interface Ordered {
  principal: string
  key: string
  plan: PlannedOrder
  body: unknown
  /** Every answer that stands for good: an order made, or a refusal that is kept. */
  answers: Answer[]
  /** Of the order, once an answer named it. */
  orderId?: string
  /** The service said that it is called off. */
  cancelled: boolean
  phone: Phone
}

/** Lives through a plan: orders, looks at the order, changes their mind. */
export async function liveThrough(
  phone: Phone,
  plans: PlannedOrder[],
  round: number,
  cancels: boolean,
  wrong: (what: string, ordered: Ordered) => void,
): Promise<Ordered[]> {
  const startedAt = performance.now()
  const all: Ordered[] = []
  const afterwards: Promise<void>[] = []
  for (const [index, plan] of plans.entries()) {
    await pause(Math.max(0, startedAt + plan.atMs - performance.now()))
    const key = `round-${round}-order-${index}`
    const body =
      plan.version === 1 ? { ...plan.items[0], paymentToken: plan.paymentToken } : bodyInVersion2(plan)
    const ordered: Ordered = {
      principal: phone.principal,
      key,
      plan,
      body,
      answers: [],
      cancelled: false,
      phone,
    }
    all.push(ordered)
    await place(ordered)
    if (ordered.answers[0]?.status === 201) afterwards.push(follow(ordered, cancels, wrong))
  }
  await Promise.all(afterwards)
  return all
}

const bodyInVersion2 = ({ items, paymentToken }: PlannedOrder) => ({ items, paymentToken })

/** Whose history a placing belongs to. */
export const subjectOf = ({ principal, key, orderId }: Ordered) => ({ key: `${principal}/${key}`, orderId })

export const placing = (ordered: Ordered) => ({
  method: 'POST' as const,
  path: '/orders',
  version: ordered.plan.version,
  body: ordered.body,
  key: ordered.key,
  subject: subjectOf(ordered),
})

async function place(ordered: Ordered): Promise<void> {
  const { plan, phone } = ordered
  const ask = plan.abandons ? phone.once : phone.untilAnswered
  const answers = await Promise.all(Array.from({ length: plan.thumbs }, () => ask(placing(ordered))))
  for (const answer of answers) if (answer !== undefined && isKept(answer)) ordered.answers.push(answer)
  const id = ordered.answers.map(orderIdOf).find((one) => one !== undefined)
  if (id !== undefined) ordered.orderId = id
}

/** Made, declined, or refused by the warehouse. What our own stock refused may be tried again with the same key. */
const isKept = ({ status, text }: Answer) =>
  status === 201 || status === 402 || (status === 409 && text.includes('The warehouse does not have'))

function orderIdOf({ status, text }: Answer): string | undefined {
  const body = JSON.parse(text)
  return status === 201 ? body.id : body.orderId
}

async function follow(
  ordered: Ordered,
  cancels: boolean,
  wrong: (what: string, ordered: Ordered) => void,
): Promise<void> {
  const { phone, plan, orderId, answers } = ordered
  const about = { version: 2 as const, subject: subjectOf(ordered) }
  const seen = await phone.untilAnswered({ method: 'GET', path: `/orders/${orderId}`, ...about })
  const total = JSON.parse(answers[0]?.text ?? '{}').total
  if (seen?.status === 200) {
    const { amount } = JSON.parse(seen.text).total
    if (amount !== (total.amount ?? total)) wrong(`acknowledged over ${total}, read as ${amount}`, ordered)
  } else if (seen !== undefined) wrong(`acknowledged, but reading it answers ${seen.status}`, ordered)

  if (!cancels || plan.cancelAfterMs === undefined) return
  await pause(plan.cancelAfterMs)
  const call = { method: 'POST' as const, path: `/orders/${orderId}/cancel`, ...about }
  const said = await Promise.all([phone.untilAnswered(call), phone.untilAnswered(call)])
  if (said.some((answer) => answer?.status === 200)) ordered.cancelled = true
}
