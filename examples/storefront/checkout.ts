import {
  isFinal,
  isProblem,
  type Representations,
  type Version,
} from '../../clients/typescript/src/client.ts'
import type { createBasket } from './basket.ts'
import { byId, element } from './element.ts'
import type { Shopper } from './shopper.ts'
import { inTurn, type UnderWay, underWay } from './under-way.ts'
import { wordsFor } from './words.ts'

export interface CheckoutOptions {
  readonly shopper: Shopper
  readonly basket: ReturnType<typeof createBasket>
  /** Which is in use for new orders. */
  readonly version: () => 1 | 2
  readonly onPlaced: (order: Representations[Version]['Order'], version: 1 | 2) => void
  /** It had its end otherwise: not paid, or heard of in another tab. */
  readonly onEnded: () => void
}

/** From the basket to an order: once, however often the button is pressed, the network fails or the page is loaded again. */
export function createCheckout({ shopper, basket, version, onPlaced, onEnded }: CheckoutOptions) {
  const form = byId('checkout', HTMLFormElement)
  const button = byId('place', HTMLButtonElement)
  const notice = byId('notice', HTMLElement)
  const card = byId('card', HTMLSelectElement)
  const onlyOne = byId('one-product', HTMLElement)
  let sending = false

  function update(): void {
    const tooMany = version() === 1 && basket.lines().length > 1
    onlyOne.hidden = !tooMany
    // Not `disabled`: who pressed it by keyboard would be nowhere.
    button.ariaDisabled = String(sending || underWay.read() !== undefined || tooMany)
    button.textContent = sending ? 'Placing the order…' : 'Place the order'
    card.disabled = sending
  }

  function say(words: string, ...ways: [label: string, act: () => void][]): void {
    const buttons = ways.map(([label, act]) =>
      element('button', { type: 'button', className: 'quiet', onclick: act }, label),
    )
    const answered = notice.contains(document.activeElement)
    notice.replaceChildren(...(words === '' ? [] : [element('p', {}, words), ...buttons]))
    // Who pressed one of the ways is not left nowhere when it goes. With nothing to order there is no button.
    if (answered) (basket.lines().length > 0 ? button : byId('counter', HTMLElement)).focus()
  }

  /** Asks what became of the order under way, whichever tab began it, or, if there is none, sends `next`. */
  async function goOn(next?: UnderWay): Promise<void> {
    if (sending) return
    sending = true
    update()
    say('')
    try {
      await inTurn(async (waited) => {
        const order = underWay.read()
        if (order !== undefined) return await send(order)
        if (next !== undefined && !waited) {
          underWay.write(next)
          return await send(next)
        }
        onEnded()
        // Which may have been for just that.
        if (next !== undefined) say('Another tab was ordering at this moment. See for what, and press again.')
      })
    } catch (error) {
      say(wordsFor(error))
    } finally {
      sending = false
      update()
    }
  }

  async function send(order: UnderWay): Promise<void> {
    try {
      const placed = await place(shopper, order)
      if (underWay.clear(order)) basket.remove(order.lines)
      onPlaced(placed, order.version)
    } catch (error) {
      if (isFinal(error)) underWay.clear(order)
      if (isProblem(error, 'payment-declined')) onEnded()
      explain(error, order)
    }
  }

  function explain(error: unknown, order: UnderWay): void {
    const words = wordsFor(error, (id) => order.lines.find(({ productId }) => productId === id)?.name ?? id)
    if (isProblem(error, 'insufficient-stock')) {
      const { items } = error.problem
      say(words, [
        'Take what there is',
        () => {
          basket.reduceTo(items)
          say('')
        },
      ])
    } else if (isFinal(error)) {
      say(words)
    } else {
      say(
        `${words} Whether your order was placed is not known yet. Asking again does not order twice.`,
        ['Ask again', () => void goOn()],
        [
          'Forget it',
          () => {
            underWay.clear(order)
            say('')
            update()
          },
        ],
      )
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (!onlyOne.hidden) return
    const key = crypto.randomUUID()
    void goOn({ key, version: version(), lines: basket.lines(), paymentToken: card.value })
  })
  card.addEventListener('change', () => {
    if (underWay.read() === undefined) say('')
  })

  /** Asks what became of an order that was under way when the page, or the network, went. */
  function resume(): void {
    update()
    if (underWay.read() !== undefined) void goOn()
  }

  underWay.onChange(() => void goOn())
  // No need to ask who waits.
  addEventListener('online', resume)

  return { update, resume }
}

/** @throws what {@link wordsFor} has words for */
function place(shopper: Shopper, { key, version, lines, paymentToken }: UnderWay) {
  const items = lines.map(({ productId, quantity }) => ({ productId, quantity }))
  if (version === 2) return shopper[2].orders.place({ items, paymentToken }, { key })
  const [first] = items
  if (first === undefined) throw new Error('There is nothing in the basket.')
  return shopper[1].orders.place({ ...first, paymentToken }, { key })
}
