import { MOST_VIOLATIONS } from '../problem-details/violation.ts'
import { fragmentPointer, Problem, type Violation } from '../problem-details.ts'

/** A place in the patch document: member names and indexes from its root. */
export function inPatch(path: readonly (string | number)[], detail: string): Violation {
  return { pointer: fragmentPointer(path), in: 'body', detail }
}

/** The patch is well formed, and cannot be applied to this document. */
export function rejected(violations: readonly Violation[]): Problem {
  const errors = violations.slice(0, MOST_VIOLATIONS)
  return new Problem('patch-rejected', { detail: sentence(errors), extensions: { errors } })
}

/** The document is not what a `test` operation says it is. */
export function testFailed(violation: Violation): Problem {
  return new Problem('patch-test-failed', {
    detail: sentence([violation]),
    extensions: { errors: [violation] },
  })
}

function sentence([first, ...others]: readonly Violation[]): string | undefined {
  if (first === undefined) return undefined
  const more = others.length === 0 ? '' : `, and ${others.length} more`
  const where = first.in === 'result' ? 'In the result' : 'In the patch'
  return `${where}, ${first.pointer} ${first.detail}${more}.`
}
