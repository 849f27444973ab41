/** Whose history a line belongs to. A line about neither an order nor a key belongs to everybody's. */
export interface Subject {
  /** `ord_…` */
  orderId?: string | undefined
  /** `principal/key` */
  key?: string | undefined
}

interface Line extends Subject {
  at: number
  what: string
}

export type Journal = ReturnType<typeof createJournal>

/** Everything the storm did and saw, so that a broken invariant can be told with the history of its order. */
export function createJournal() {
  const startedAt = performance.now()
  const lines: Line[] = []
  return {
    note(what: string, subject: Subject = {}) {
      lines.push({ at: performance.now() - startedAt, what, ...subject })
    },

    /** What happened to an order and its key, and around them to everybody, in order. */
    history({ orderId, key }: Subject): string[] {
      const own = lines.filter(
        (line) =>
          (orderId !== undefined && line.orderId === orderId) || (key !== undefined && line.key === key),
      )
      const [first, last] = [own[0]?.at ?? 0, own.at(-1)?.at ?? 0]
      return lines
        .filter(
          (line) => own.includes(line) || (isEverybodys(line) && line.at > first - 500 && line.at < last),
        )
        .map(({ at, what }) => `${(at / 1000).toFixed(3).padStart(8)} s  ${what}`)
    },
  }
}

const isEverybodys = ({ orderId, key }: Line) => orderId === undefined && key === undefined
