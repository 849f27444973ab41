import type { OrderStatus, Representations, Version } from '../../clients/typescript/src/client.ts'
import { byId, element } from './element.ts'
import { inWords } from './goods.ts'
import type { AnyClient } from './shopper.ts'
import { wordsFor } from './words.ts'

type Order = Representations[Version]['Order']

const STATUS: Readonly<Record<OrderStatus, string>> = {
  pending: 'being paid',
  paid: 'paid',
  payment_pending: 'payment follows',
  payment_failed: 'not paid',
  cancelled: 'cancelled',
}

/** As many as one looks at. */
const SHOWN = 8

/** The orders of whoever shops, newest first; those that are still moving are followed. */
export function createOrders(onCancelled: () => void) {
  const list = byId('orders', HTMLOListElement)
  const note = byId('orders-note', HTMLElement)
  let client: AnyClient
  let leaving = new AbortController()

  function row(order: Order): HTMLLIElement {
    const item = document.getElementById(order.id) ?? element('li', { id: order.id })
    if (!(item instanceof HTMLLIElement)) throw new Error(`${order.id} is no order of the page`)
    const focused = item.contains(document.activeElement)
    const status = element('strong', { className: `status ${order.status}` }, STATUS[order.status])
    const refund = refundOf(order)
    item.replaceChildren(
      element('p', { className: 'what' }, whatOf(order)),
      element(
        'p',
        { className: 'how' },
        status,
        ...(refund === '' ? [] : [element('span', { className: 'soft' }, refund)]),
      ),
      element('p', { className: 'total' }, totalOf(order)),
      element(
        'p',
        { className: 'soft when' },
        timeOf(order),
        ' ',
        element('code', { title: order.id }, `…${order.id.slice(-6)}`),
      ),
    )
    if (canCancel(order)) {
      const button = element(
        'button',
        {
          type: 'button',
          className: 'quiet',
          onclick: ({ detail }) => {
            // The second half of a double click was meant for what stood here before.
            if (detail < 2) void cancel(order.id, item, button)
          },
        },
        'Cancel',
      )
      item.append(button)
      if (focused) button.focus()
    }
    return item
  }

  async function cancel(id: string, item: HTMLElement, button: HTMLButtonElement): Promise<void> {
    button.disabled = true
    item.querySelector('.wrong')?.remove()
    try {
      row(await client.orders.cancel(id, { signal: leaving.signal }))
      onCancelled()
      void follow(id)
    } catch (error) {
      if (leaving.signal.aborted) return
      button.disabled = false
      item.append(element('p', { className: 'wrong', role: 'alert' }, wordsFor(error)))
    }
  }

  async function follow(id: string): Promise<void> {
    const { signal } = leaving
    await client.orders
      .waitUntilSettled(id, {
        signal,
        onChange: (order: Order) => void row(order),
        until: (order: Order) => !isMoving(order),
      })
      .catch((error) => {
        if (!signal.aborted)
          document.getElementById(id)?.append(element('p', { className: 'wrong' }, wordsFor(error)))
      })
  }

  return {
    /** Reads the orders in the version of `next`, and follows them there. */
    async load(next: AnyClient): Promise<void> {
      leaving.abort()
      leaving = new AbortController()
      const { signal } = leaving
      client = next
      try {
        const { items } = await client.orders.page({ limit: SHOWN, signal })
        const orders: Order[] = items
        list.replaceChildren(...orders.map(row))
        note.textContent = orders.length === 0 ? 'None yet.' : ''
        for (const order of orders) if (isMoving(order)) void follow(order.id)
      } catch (error) {
        if (!signal.aborted) note.textContent = wordsFor(error)
      }
    },

    /** Shows an order that was just placed, and follows it. */
    show(order: Order): void {
      note.textContent = 'Your order was placed.'
      const item = row(order)
      list.prepend(item)
      while (list.children.length > SHOWN) list.lastElementChild?.remove()
      item.classList.add('new')
      item.tabIndex = -1
      item.focus()
      if (isMoving(order)) void follow(order.id)
    },
  }
}

/** Whether something happens to it that nobody here has to do. */
function isMoving(order: Order): boolean {
  if (order.status === 'pending' || order.status === 'payment_pending') return true
  return 'payment' in order && order.payment.status === 'refund_pending'
}

function canCancel(order: Order): boolean {
  if ('_links' in order) return order._links.cancel !== undefined
  return order.status === 'pending' || order.status === 'payment_pending' || order.status === 'paid'
}

function refundOf(order: Order): string {
  if (!('payment' in order)) return ''
  const words = {
    refund_pending: 'money on its way back',
    refunded: 'money returned',
    declined: 'card declined',
  }
  const { status } = order.payment
  return status === 'refund_pending' || status === 'refunded' || status === 'declined' ? words[status] : ''
}

const whatOf = (order: Order): string =>
  'items' in order ? order.items.map(({ quantity, name }) => `${quantity} × ${name}`).join(', ') : 'An order'

const totalOf = (order: Order): string =>
  inWords(typeof order.total === 'number' ? { amount: order.total } : order.total)

const timeOf = ({ createdAt }: Order): string =>
  new Date(createdAt).toLocaleString('en', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  })
