import { after, type TestContext } from 'node:test'
import type { Lifetime } from './postgres.ts'

/** The lifetime of a test, at whose end what was made last goes first: a service before its database. */
export const reversed = (t: TestContext): Lifetime => cleaningUp((cleanUp) => t.after(cleanUp))

/**
 * The lifetime of a whole suite, for what its `before` makes: called in the suite's body, it cleans up after the
 * last test, in the reverse order. (`after` of node:test, called in a hook, ends with that hook.)
 */
export const lifetimeOfSuite = (): Lifetime => cleaningUp(after)

function cleaningUp(atTheEnd: Lifetime['after']): Lifetime {
  const cleanUps: (() => Promise<void>)[] = []
  atTheEnd(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  })
  return { after: (cleanUp) => void cleanUps.push(cleanUp) }
}
