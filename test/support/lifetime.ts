import { after } from 'node:test'
import type { Lifetime } from './postgres.ts'

/**
 * The lifetime of a whole suite, for what its `before` makes: called in the suite's body, it cleans up after the
 * last test, in the reverse order. (`after` of node:test, called in a hook, ends with that hook.)
 */
export function lifetimeOfSuite(): Lifetime {
  const cleanUps: (() => Promise<void>)[] = []
  after(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  })
  return { after: (cleanUp) => void cleanUps.push(cleanUp) }
}
