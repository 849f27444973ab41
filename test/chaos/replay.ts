import { isDeepStrictEqual } from 'node:util'
import { type Ordered, placing, subjectOf } from './customer.ts'
import type { Violation } from './invariants.ts'
import type { Answer } from './phone.ts'

/** Asks once more with every key that was ever answered for good: the same bytes, for ever. */
export async function replayAll(all: Ordered[]): Promise<Violation[]> {
  const violations: Violation[] = []
  for (const ordered of all.filter(({ answers }) => answers.length > 0)) {
    const again = await ordered.phone.untilAnswered(placing(ordered))
    if (again === undefined) continue
    if (!again.replayed) violations.push({ what: 'asked again, it was not replayed', ...subjectOf(ordered) })
    ordered.answers.push(again)
    const [first] = ordered.answers
    const other = ordered.answers.find((answer) => !isSame(answer, first))
    if (other !== undefined) {
      const what = `answered ${JSON.stringify(first)} and ${JSON.stringify(other)}`
      violations.push({ what, ...subjectOf(ordered) })
    }
    // One is enough of them until the next round.
    ordered.answers.splice(1)
  }
  return violations
}

function isSame(one: Answer, other: Answer | undefined): boolean {
  return (
    one.status === other?.status && one.text === other.text && isDeepStrictEqual(one.headers, other.headers)
  )
}
