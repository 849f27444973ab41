import type { Job, JobOutcome } from '#plugins/job-queue.ts'
import type { MailKind } from './follow-ups.ts'
import type { OrderJob } from './jobs.ts'
import type { Order } from './order.ts'
import type { Orders } from './orders.ts'

interface Mail {
  subject: string
  text: string
}

const MAILS: Record<MailKind, (order: Order) => Mail> = {
  'order-paid': paidMail,
  'payment-declined': declinedMail,
}

const isMailKind = (kind = ''): kind is MailKind => Object.hasOwn(MAILS, kind)

/**
 * Tells the customer, at the address they had then, that an order is paid or that its queued charge was declined.
 * The message id is made of the order and the kind, so that a mail delivered twice can be told for what it is.
 *
 * @throws CallFailed when the mail server could not be asked, or did not take it
 */
export async function mailCustomer(
  orders: Orders,
  { data, context, log }: Job<OrderJob>,
): Promise<JobOutcome> {
  const { to, mail } = data
  if (!isMailKind(mail)) return { kind: 'dead', reason: 'the job does not say which mail it is about' }
  const order = await orders.store.findByUuid(data.orderId)
  if (order === null) return { kind: 'dead', reason: 'there is no such order' }
  if (to === undefined) {
    log.info({ orderId: order.id }, 'no mail: no address of the customer was known')
    return { kind: 'done' }
  }
  await orders.email.send({ to, ...MAILS[mail](order), messageId: `${mail}.${order.id}@holdfast` }, context)
  return { kind: 'done' }
}

function paidMail(order: Order): Mail {
  return {
    subject: `Your order ${order.id}`,
    text: [
      'Thank you for your order. It is paid, and on its way to you:',
      '',
      ...order.lines.map(
        ({ quantity, name, subtotal }) => `${quantity} × ${name}: ${inWords(subtotal, order)}`,
      ),
      '',
      `Total: ${inWords(order.total, order)}`,
    ].join('\n'),
  }
}

function declinedMail(order: Order): Mail {
  return {
    subject: `Your order ${order.id} could not be paid`,
    text: [
      `The payment of ${inWords(order.total, order)} was declined, so nothing was charged and nothing will be sent.`,
      'You are welcome to order again with another card.',
    ].join('\n'),
  }
}

/** An amount in minor units, as people write it; ICU knows how many of them the currency has. */
function inWords(amount: number, { currency }: Order): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}
