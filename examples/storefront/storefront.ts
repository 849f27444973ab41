import { createBasket } from './basket.ts'
import { createCatalogue } from './catalogue.ts'
import { createCheckout } from './checkout.ts'
import { byId } from './element.ts'
import { createEnding } from './ending.ts'
import { kept } from './kept.ts'
import { createOrders } from './orders.ts'
import { loadSettings } from './settings.ts'
import { createShopper } from './shopper.ts'
import { createWire } from './wire.ts'

const STORED = 'storefront:version'

/** Puts the shop together: what is shown, what is in the basket, what was ordered, in the version that is chosen. */
async function open(): Promise<void> {
  const settings = await loadSettings()
  const ending = createEnding()
  const shopper = createShopper(settings, {
    onAttempt: createWire(settings.api),
    onDeprecation: (deprecation) => ending.announce(deprecation),
  })
  let version: 1 | 2 = kept.read(STORED) === '1' ? 1 : 2
  let leaving = new AbortController()

  const orders = createOrders(() => void restock())
  const basket = createBasket(() => checkout.update())
  const catalogue = createCatalogue((good) => basket.add(good))
  const checkout = createCheckout({
    shopper,
    basket,
    version: () => version,
    onPlaced(order, placedIn) {
      if (placedIn === version) orders.show(order)
      else void orders.load(shopper[version])
      void restock()
    },
    onEnded: () => void orders.load(shopper[version]),
  })

  async function restock(): Promise<void> {
    await catalogue.load(shopper[version], leaving.signal)
    basket.reprice(catalogue.goods)
    checkout.update()
  }

  function choose(next: 1 | 2): void {
    version = next
    kept.write(STORED, String(version))
    ending.use(version)
    leaving.abort()
    leaving = new AbortController()
    checkout.update()
    void restock()
    void orders.load(shopper[version])
  }

  for (const input of document.querySelectorAll<HTMLInputElement>('[name="version"]')) {
    input.checked = input.value === String(version)
    input.addEventListener('change', () => choose(input.value === '1' ? 1 : 2))
  }
  choose(version)
  checkout.resume()
}

open().catch((error: unknown) => {
  byId('catalogue-note', HTMLElement).textContent = error instanceof Error ? error.message : String(error)
})
