import { byId, element } from './element.ts'
import { type Good, inWords, type Price } from './goods.ts'
import { kept } from './kept.ts'
import { createWayToBasket } from './way-to-basket.ts'

export interface Line {
  readonly productId: string
  readonly name: string
  readonly quantity: number
  readonly price: Price
}

const STORED = 'storefront:basket'
const MOST = 999

/** What is to be ordered. Kept over a reload. */
export function createBasket(onChange: () => void) {
  const list = byId('lines', HTMLUListElement)
  const lines = new Map<string, Line>(stored().map((line) => [line.productId, line]))
  const showWay = createWayToBasket()

  function keep(): void {
    kept.write(STORED, JSON.stringify([...lines.values()]))
    showSum()
    onChange()
  }

  function row({ productId, name, quantity, price }: Line): HTMLLIElement {
    const amount = element('input', {
      type: 'number',
      min: '1',
      max: String(MOST),
      value: String(quantity),
      required: true,
      ariaLabel: `How many of ${name}`,
      oninput: () => {
        const line = lines.get(productId)
        if (line === undefined || !amount.validity.valid) return
        lines.set(productId, { ...line, quantity: amount.valueAsNumber })
        keep()
      },
    })
    const remove = element(
      'button',
      {
        type: 'button',
        className: 'quiet',
        ariaLabel: `Take ${name} out`,
        onclick: () => drop(productId),
      },
      '×',
    )
    const label = element('span', {}, name, element('small', { className: 'soft' }, inWords(price)))
    return element('li', {}, label, amount, remove)
  }

  function drop(productId: string): void {
    lines.delete(productId)
    show()
    keep()
    const next = list.querySelector('button') ?? byId('counter', HTMLElement)
    next.focus()
  }

  function show(): void {
    list.replaceChildren(...[...lines.values()].map(row))
    showSum()
  }

  function showSum(): void {
    const all = [...lines.values()]
    const pieces = all.reduce((sum, { quantity }) => sum + quantity, 0)
    const amount = all.reduce((sum, { quantity, price }) => sum + quantity * price.amount, 0)
    const sum = inWords({ ...all[0]?.price, amount })
    byId('total', HTMLOutputElement).value = sum
    byId('basket-count', HTMLElement).textContent = pieces === 0 ? '' : String(pieces)
    byId('empty', HTMLElement).hidden = pieces > 0
    byId('pay', HTMLElement).hidden = pieces === 0
    showWay(pieces, sum)
  }

  // Another tab has changed it.
  addEventListener('storage', ({ key }) => {
    if (key !== STORED) return
    lines.clear()
    for (const line of stored()) lines.set(line.productId, line)
    show()
    onChange()
  })

  show()
  return {
    lines: (): Line[] => [...lines.values()],

    add({ id, name, price }: Good): void {
      const quantity = Math.min(MOST, (lines.get(id)?.quantity ?? 0) + 1)
      lines.set(id, { productId: id, name, quantity, price })
      show()
      keep()
    },

    /** Sets quantities to what there is; none: out with it. */
    reduceTo(available: readonly { productId: string; available: number }[]): void {
      for (const { productId, available: quantity } of available) {
        const line = lines.get(productId)
        if (line === undefined) continue
        if (quantity === 0) lines.delete(productId)
        else lines.set(productId, { ...line, quantity })
      }
      show()
      keep()
    },

    /** Shows prices as this version gives them. */
    reprice(goods: ReadonlyMap<string, Good>): void {
      const stale = [...lines.values()].flatMap((line) => {
        const price = goods.get(line.productId)?.price
        const same = price?.amount === line.price.amount && price.currency === line.price.currency
        return price === undefined || same ? [] : [{ ...line, price }]
      })
      for (const line of stale) lines.set(line.productId, line)
      if (stale.length > 0) show()
    },

    /** Takes out what was ordered; what came in meanwhile stays. */
    remove(ordered: readonly Line[]): void {
      for (const { productId, quantity } of ordered) {
        const line = lines.get(productId)
        if (line === undefined) continue
        if (line.quantity <= quantity) lines.delete(productId)
        else lines.set(productId, { ...line, quantity: line.quantity - quantity })
      }
      show()
      keep()
    },
  }
}

function stored(): Line[] {
  try {
    return JSON.parse(kept.read(STORED) ?? '[]')
  } catch {
    return []
  }
}
