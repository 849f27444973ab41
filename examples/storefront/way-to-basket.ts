import { byId } from './element.ts'

/** On a phone the basket is far below: the way there stands at the foot of the screen, as long as the basket is out of sight. */
export function createWayToBasket() {
  const link = byId('to-basket', HTMLAnchorElement)
  let pieces = 0
  let inSight = false

  function update(): void {
    link.hidden = pieces === 0 || inSight
  }

  new IntersectionObserver(([entry]) => {
    inSight = entry?.isIntersecting ?? false
    update()
  }).observe(byId('checkout', HTMLElement))

  return (count: number, sum: string): void => {
    pieces = count
    link.textContent = `Basket · ${count} · ${sum}`
    update()
  }
}
