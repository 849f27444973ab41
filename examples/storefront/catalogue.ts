import { byId, drawing, element } from './element.ts'
import { drawingOf, type Good, goodOf, inWords } from './goods.ts'
import type { AnyClient } from './shopper.ts'
import { wordsFor } from './words.ts'

/** The shelves: every product there is, read page by page, and again when something was sold. */
export function createCatalogue(add: (good: Good) => void) {
  const list = byId('goods', HTMLUListElement)
  const note = byId('catalogue-note', HTMLElement)
  const goods = new Map<string, Good>()
  /** What all of them were read in, until that fails or another version is begun with. */
  let readIn: number | undefined

  function card(good: Good): HTMLLIElement {
    const soldOut = good.left === 0
    const stock = soldOut ? 'sold out' : good.left < 10 ? `only ${good.left} left` : `${good.left} in stock`
    return element(
      'li',
      { className: 'good', id: `good-${good.id}` },
      element('div', { className: 'plate' }, drawing(drawingOf(good))),
      element('h3', {}, good.name),
      element('p', { className: 'about' }, good.description),
      element('p', { className: 'price' }, inWords(good.price)),
      element('p', { className: good.left < 10 ? 'stock few' : 'stock' }, stock),
      element(
        'button',
        {
          type: 'button',
          disabled: soldOut,
          ariaLabel: `Add ${good.name} to the basket`,
          onclick: () => add(good),
        },
        'Add',
      ),
    )
  }

  /** Replaces only what changed, so that nobody loses their place. */
  function show(good: Good): void {
    const known = goods.get(good.id)
    goods.set(good.id, good)
    const standing = document.getElementById(`good-${good.id}`)
    if (standing === null) list.append(card(good))
    else if (JSON.stringify(known) !== JSON.stringify(good)) {
      const focused = standing.contains(document.activeElement)
      const renewed = card(good)
      standing.replaceWith(renewed)
      if (focused) renewed.querySelector('button')?.focus()
    }
  }

  return {
    /** By product id, as far as they were read. */
    goods,

    /** Reads everything, in the version of the client. */
    async load(client: AnyClient, signal: AbortSignal): Promise<void> {
      const { version } = client
      if (readIn !== version) {
        readIn = undefined
        note.textContent = `Reading the catalogue in version ${version}…`
      }
      try {
        for await (const product of client.products.list({ limit: 12, signal })) show(goodOf(product))
        note.textContent = `${goods.size} things, read in version ${version}`
        readIn = version
      } catch (error) {
        if (signal.aborted) return
        readIn = undefined
        note.textContent = wordsFor(error)
      }
    },
  }
}
