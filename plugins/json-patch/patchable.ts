import { MOST_VIOLATIONS, type Violation } from '../problem-details/violation.ts'
import { forbiddenMembers, isJsonObject } from './json.ts'
import type { Operation } from './operations.ts'
import { isForbiddenName, startsWith, type Tokens } from './pointer.ts'
import { inPatch } from './refusals.ts'

/** Where operations name, change, test or read what lies beyond the places that can be patched. */
export function operatesBeyond(patchable: readonly Tokens[], operations: readonly Operation[]): Violation[] {
  return operations.flatMap((operation, index) => {
    const pointer = (path: Tokens, member: 'path' | 'from') =>
      patchable.some((prefix) => startsWith(path, prefix)) && !path.some(isForbiddenName)
        ? []
        : [inPatch([index, member], 'cannot be patched')]
    return [
      ...pointer(operation.path, 'path'),
      ...('from' in operation ? pointer(operation.from, 'from') : []),
      ...('value' in operation ? forbidden(operation.value, [index, 'value']) : []),
    ]
  })
}

/** The same for a merge patch. */
export function mergesBeyond(patchable: readonly Tokens[], patch: unknown): Violation[] {
  return [...membersBeyond(patchable, patch, []), ...forbidden(patch, [])]
}

function membersBeyond(patchable: readonly Tokens[], patch: unknown, path: Tokens): Violation[] {
  if (patchable.some((prefix) => startsWith(path, prefix))) return []
  const leadsThere = patchable.some((prefix) => startsWith(prefix, path))
  if (!leadsThere || !isJsonObject(patch)) return [inPatch(path, 'cannot be patched')]
  return Object.entries(patch).flatMap(([name, value]) => membersBeyond(patchable, value, [...path, name]))
}

function forbidden(value: unknown, at: (string | number)[]): Violation[] {
  const paths = forbiddenMembers(value, at).slice(0, MOST_VIOLATIONS)
  return paths.map((path) => inPatch(path, 'is no name that a member may have'))
}
