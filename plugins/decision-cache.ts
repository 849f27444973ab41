/**
 * Entries of one generation. A service sees a few dozen different headers from honest clients; a hostile one
 * that sends a new header each time only makes itself be decided anew. Of addresses there may be more, and then most
 * are decided anew.
 */
const GENERATION = 200
/** The longest browser sends about 150 characters. A longer header than this is decided each time, kept never. */
const MAX_LENGTH = 512

/**
 * Remembers what was decided for a text that clients choose: one comparison if it was asked for just before, one `Map`
 * lookup if it was seen lately. Two generations instead of a list of uses: when the young one is full it becomes the old
 * one, and what is asked for again moves back, so a flood of made-up values costs no more than deciding each of them,
 * and a value in use stays.
 */
export function createDecisionCache<T extends object | string>(decide: (text: string) => T) {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  let last: { text: string; decision: T } | undefined

  return {
    get(text: string): T {
      if (last !== undefined && last.text === text) return last.decision
      if (text.length > MAX_LENGTH) return decide(text)
      const decision = young.get(text) ?? renew(text)
      last = { text, decision }
      return decision
    },

    /** For when what decisions rest on has changed. */
    clear(): void {
      young = new Map()
      old = new Map()
      last = undefined
    },

    /** Entries held; never more than two generations. */
    size: () => young.size + old.size,
  }

  function renew(text: string): T {
    const decision = old.get(text) ?? decide(text)
    if (young.size >= GENERATION) {
      old = young
      young = new Map()
    }
    young.set(text, decision)
    return decision
  }
}
