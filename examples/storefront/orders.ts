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
  /** What was shown or heard of since the list was asked for, which may not know of it. */
  const newer = new Map<string, Order>()
  let client: AnyClient
  let leaving = new AbortController()

  function row(order: Order): HTMLLIElement {
    const item = document.getElementById(order.id) ?? element('li', { id: order.id, tabIndex: -1 })
    if (!(item instanceof HTMLLIElement)) throw new Error(`${order.id} is no order of the page`)
    const focused = item.contains(document.activeElement) && item !== document.activeElement
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
    if (canCancel(order)) item.append(cancelButton(order.id, item))
    // Who was at the button is still there, or, without one, at its order.
    if (focused) (item.querySelector('button') ?? item).focus()
    return item
  }

  function renew(order: Order): void {
    newer.set(order.id, order)
    row(order)
  }

  function cancelButton(id: string, item: HTMLElement): HTMLButtonElement {
    const button = element(
      'button',
      {
        type: 'button',
        className: 'quiet',
        onclick: ({ detail }) => {
          // The second half of a double click was meant for what stood here before.
          if (detail < 2 && button.ariaDisabled !== 'true') void cancel(id, item, button)
        },
      },
      'Cancel',
    )
    return button
  }

  async function cancel(id: string, item: HTMLElement, button: HTMLButtonElement): Promise<void> {
    const { signal } = leaving
    // Not `disabled`: who pressed it by keyboard would be nowhere.
    button.ariaDisabled = 'true'
    item.querySelector('.wrong')?.remove()
    try {
      renew(await client.orders.cancel(id, { signal }))
      onCancelled()
      void follow(id)
    } catch (error) {
      button.ariaDisabled = 'false'
      if (signal.aborted) return
      item.append(element('p', { className: 'wrong', role: 'alert' }, wordsFor(error)))
    }
  }

  async function follow(id: string): Promise<void> {
    const { signal } = leaving
    await client.orders
      .waitUntilSettled(id, { signal, onChange: renew, until: (order: Order) => !isMoving(order) })
      .catch((error) => {
        if (!signal.aborted)
          document.getElementById(id)?.append(element('p', { className: 'wrong' }, wordsFor(error)))
      })
  }

  /** Takes away what is not among the orders and puts in what is missing: a row that stays is not moved, and keeps the focus. */
  function arrange(orders: readonly Order[]): void {
    const rows = orders.map(
      (order) => (newer.has(order.id) && document.getElementById(order.id)) || row(order),
    )
    const staying = new Set<Element>(rows)
    for (const item of [...list.children]) if (!staying.has(item)) item.remove()
    rows.forEach((item, index) => {
      const there = list.children[index] ?? null
      if (there !== item) list.insertBefore(item, there)
    })
  }

  return {
    /** Reads the orders in the version of `next`, and follows them there. */
    async load(next: AnyClient): Promise<void> {
      leaving.abort()
      leaving = new AbortController()
      newer.clear()
      const { signal } = leaving
      const said = client === next ? '' : `Reading them in version ${next.version}…`
      client = next
      note.textContent = said
      // Who was told of an order meanwhile may still be reading that.
      const say = (words: string) => {
        if (note.textContent === said) note.textContent = words
      }
      try {
        const { items } = await client.orders.page({ limit: SHOWN, signal })
        const listed: Order[] = items
        const old = listed.filter(({ id }) => !newer.has(id))
        const orders = [...newer.values(), ...old].sort(newestFirst).slice(0, SHOWN)
        arrange(orders)
        say(orders.length === 0 ? 'None yet.' : '')
        for (const order of old) if (isMoving(order)) void follow(order.id)
      } catch (error) {
        if (!signal.aborted) say(wordsFor(error))
      }
    },

    /** Shows an order that was just placed, and follows it. */
    show(order: Order): void {
      note.textContent = 'Your order was placed.'
      newer.set(order.id, order)
      const item = row(order)
      list.prepend(item)
      while (list.children.length > SHOWN) list.lastElementChild?.remove()
      item.classList.add('new')
      item.focus()
      if (isMoving(order)) void follow(order.id)
    },
  }
}

const newestFirst = (one: Order, other: Order): number =>
  Date.parse(other.createdAt) - Date.parse(one.createdAt)

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
