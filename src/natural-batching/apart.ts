import type { Span } from '#plugins/tracing.ts'

export interface Waiting<Item, Result> {
  item: Item
  /** Whose work it is, which need not be that of the one whose turn sends the list. */
  span: Span | undefined
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/** What items need that somebody else may hold, as the row of a product is held by a session that does not commit. */
export interface Held<Item> {
  /** Whether an error says that something was not free in time; which, nobody says. */
  isWhy: (error: unknown) => boolean
  /** The names of what an item needs. */
  needs: (item: Item) => string[]
}

export interface ApartOptions<Item, Result> extends Held<Item> {
  /** The longest list that is sent at once. */
  most: number
  /** @returns whether all have their answers */
  send: (batch: Waiting<Item, Result>[]) => Promise<boolean>
}

/** As few as of the lists beside each other, for the same reason. */
const MOST_AT_ONCE = 2
/** The longest wait for a turn. With one in a list before it and one for its own needs after it, that is ten seconds. */
const PATIENCE_MS = 4_000
/** Forgotten, they cost one list its time, and are known again. */
const MOST_SUSPECTS = 1_000

/**
 * Items that need what was not free in time for a list: each goes with its like alone, which need the very same. So those
 * of the list that need something else are served, and who needs what is held is refused. What they needed is suspect
 * until somebody has had it, and who comes for it meanwhile keeps no other list waiting.
 */
export function createApart<Item, Result>({ isWhy, needs, most, send }: ApartOptions<Item, Result>) {
  const suspects = new Set<string>()
  /** By what they need, in the order in which they came. */
  const groups = new Map<string, { one: Waiting<Item, Result>; since: number }[]>()
  const underWay = new Set<string>()
  let lastError: unknown

  const nameOf = ({ item }: Waiting<Item, Result>) => needs(item).toSorted().join(' ')

  function add(one: Waiting<Item, Result>): void {
    const name = nameOf(one)
    const group = groups.get(name) ?? []
    group.push({ one, since: performance.now() })
    groups.set(name, group)
  }

  function sendNext(): void {
    for (const [name, group] of groups) {
      if (underWay.size >= MOST_AT_ONCE) return
      if (underWay.has(name)) continue
      const inTime = group.filter(({ since }) => performance.now() - since < PATIENCE_MS)
      for (const { one } of group.slice(0, -inTime.length || undefined)) one.reject(lastError)
      const batch = inTime.splice(0, most).map(({ one }) => one)
      if (inTime.length === 0) groups.delete(name)
      else groups.set(name, inTime)
      if (batch.length > 0) void sendAlike(name, batch)
    }
  }

  async function sendAlike(name: string, batch: Waiting<Item, Result>[]): Promise<void> {
    underWay.add(name)
    const answered = await send(batch)
    underWay.delete(name)
    if (answered) for (const one of batch) for (const need of needs(one.item)) suspects.delete(need)
    sendNext()
  }

  return {
    isWhy,

    /** Whether an item has to go apart from the first; then it does. */
    takes(one: Waiting<Item, Result>): boolean {
      if (suspects.size === 0 || !needs(one.item).some((need) => suspects.has(need))) return false
      add(one)
      sendNext()
      return true
    },

    /** What becomes of a list for which something was not free in time. Of one whose items are alike, all are refused. */
    separate(batch: Waiting<Item, Result>[], error: unknown): void {
      lastError = error
      if (suspects.size > MOST_SUSPECTS) suspects.clear()
      for (const { item } of batch) for (const need of needs(item)) suspects.add(need)
      if (new Set(batch.map(nameOf)).size === 1) {
        for (const { reject } of batch) reject(error)
      } else {
        for (const one of batch) add(one)
        sendNext()
      }
    },
  }
}
