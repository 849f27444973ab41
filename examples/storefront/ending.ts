import type { Deprecation } from '../../clients/typescript/src/client.ts'
import { byId } from './element.ts'

/** Says that a version has an end, for as long as it is the one in use. */
export function createEnding() {
  const note = byId('ending', HTMLElement)
  const announced = new Map<number, string>()
  let current = 0

  function show(): void {
    note.textContent = announced.get(current) ?? ''
    note.hidden = note.textContent === ''
  }

  return {
    announce({ version, sunsetAt }: Deprecation): void {
      const end = sunsetAt?.toLocaleDateString('en', { dateStyle: 'long', timeZone: 'UTC' })
      const when = end === undefined ? '' : `, and is gone from ${end}`
      announced.set(version, `Version ${version} of the interface is on its way out${when}.`)
      show()
    },
    use(version: number): void {
      current = version
      show()
    },
  }
}
