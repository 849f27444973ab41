import { MOST_VIOLATIONS, type Violation } from '../problem-details/violation.ts'
import { validationFailed } from '../validation.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { parsePointer, type Tokens } from './pointer.ts'
import { inPatch } from './refusals.ts'

/** An operation of RFC 6902 section 4, with its pointers read. */
export type Operation =
  | { op: 'add' | 'replace' | 'test'; path: Tokens; value: unknown }
  | { op: 'move' | 'copy'; path: Tokens; from: Tokens }
  | { op: 'remove'; path: Tokens }

type OperationName = Operation['op']

/** More than a person edits at once; a client that means more replaces a whole member. */
const MOST_OPERATIONS = 100

const OPERATIONS: readonly OperationName[] = ['add', 'remove', 'replace', 'move', 'copy', 'test']

/**
 * The operations of a patch document. Members that an operation does not have are ignored (RFC 6902 section 4).
 *
 * @throws Problem validation-failed with everything that makes the document malformed
 */
export function readOperations(body: unknown): Operation[] {
  if (!Array.isArray(body)) throw validationFailed([inPatch([], 'must be an array of operations')])
  if (body.length > MOST_OPERATIONS) {
    throw validationFailed([inPatch([], `must have at most ${MOST_OPERATIONS} operations`)])
  }
  const violations: Violation[] = []
  const operations = body.map((entry, index) => readOperation(entry, index, violations))
  if (violations.length > 0) throw validationFailed(violations.slice(0, MOST_VIOLATIONS))
  return operations.filter((operation) => operation !== undefined)
}

function readOperation(entry: unknown, index: number, violations: Violation[]): Operation | undefined {
  const refuse = (detail: string, ...member: string[]) => {
    violations.push(inPatch([index, ...member], detail))
    return undefined
  }
  if (!isJsonObject(entry)) return refuse('must be an object')
  const op = own(entry, 'op')
  if (op === undefined) return refuse('is required', 'op')
  if (!isOperationName(op)) return refuse(`must be one of ${OPERATIONS.join(', ')}`, 'op')

  const path = readPointer(entry, 'path', refuse)
  switch (op) {
    case 'remove':
      return path && { op, path }
    case 'move':
    case 'copy': {
      const from = readPointer(entry, 'from', refuse)
      return path && from && { op, path, from }
    }
    default:
      if (!Object.hasOwn(entry, 'value')) return refuse('is required', 'value')
      return path && { op, path, value: entry.value }
  }
}

function readPointer(
  entry: JsonObject,
  member: 'path' | 'from',
  refuse: (detail: string, member: string) => undefined,
): Tokens | undefined {
  const text = own(entry, member)
  if (text === undefined) return refuse('is required', member)
  if (typeof text !== 'string') return refuse('must be a string', member)
  return parsePointer(text) ?? refuse('must be a JSON pointer, as in RFC 6901', member)
}

const own = (entry: JsonObject, member: string): unknown =>
  Object.hasOwn(entry, member) ? entry[member] : undefined

const isOperationName = (op: unknown): op is OperationName => OPERATIONS.some((known) => known === op)
