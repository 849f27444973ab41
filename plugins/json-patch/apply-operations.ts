import { applyPatch as applyToEnvelope, type Operation as LibraryOperation } from 'rfc6902'
import { escapeSegment } from '../problem-details/violation.ts'
import { bytesOf, depthOf, equalJson, hasRoomAt, valueAt } from './json.ts'
import type { Operation } from './operations.ts'
import { startsWith, type Tokens } from './pointer.ts'
import { inPatch, rejected, testFailed } from './refusals.ts'

export interface Bounds {
  /** Bytes of the document as UTF-8 JSON, counting all that operations put into it. A copy can double it each time. */
  maxBytes: number
  /** Levels of arrays and objects in the document. */
  maxDepth: number
}

/**
 * Applies operations one after another to a copy, so that a patch that fails half-way leaves no trace.
 *
 * rfc6902 does the editing, one step at a time. What it takes on trust is checked first: that a path exists, among
 * own members; that an index has no leading zero; that a moved value's new place is there once the old one is
 * gone. It cannot replace a whole document, so that stands in an envelope.
 *
 * @throws Problem patch-rejected, or patch-test-failed
 */
export function applyOperations(
  document: unknown,
  operations: readonly Operation[],
  bounds: Bounds,
): unknown {
  const envelope = { document: structuredClone(document) }
  let bytes = bytesOf(document)

  for (const [index, operation] of operations.entries()) {
    const refuse = (member: 'path' | 'from' | 'value', detail: string) =>
      rejected([inPatch([index, member], detail)])

    const existing = (path: Tokens, member: 'path' | 'from') => {
      const found = valueAt(envelope.document, path)
      if (found === undefined) throw refuse(member, 'does not exist')
      return found.value
    }
    const add = (value: unknown, op: 'add' | 'replace' = 'add') => {
      const { path } = operation
      if (!hasRoomAt(envelope.document, path)) throw refuse('path', 'leads nowhere')
      if (path.length + depthOf(value) > bounds.maxDepth) {
        throw refuse('path', `would nest the document deeper than ${bounds.maxDepth} levels`)
      }
      bytes += bytesOf(value)
      if (bytes > bounds.maxBytes) {
        throw refuse('path', `would make the document larger than ${bounds.maxBytes} bytes`)
      }
      edit({ op, path: toEnvelope(path), value })
    }
    const edit = (step: LibraryOperation) => {
      const [error] = applyToEnvelope(envelope, [step])
      if (error !== null) throw refuse('path', 'cannot be applied')
    }

    const { op, path } = operation
    switch (op) {
      case 'test': {
        const found = valueAt(envelope.document, path)
        if (found === undefined) throw testFailed(inPatch([index, 'path'], 'does not exist'))
        if (!equalJson(found.value, operation.value)) {
          throw testFailed(inPatch([index, 'value'], 'is not what stands there'))
        }
        break
      }
      case 'add':
        add(operation.value)
        break
      case 'replace':
        existing(path, 'path')
        add(operation.value, 'replace')
        break
      case 'remove':
        existing(path, 'path')
        if (path.length === 0) throw refuse('path', 'is the whole document, which cannot be removed')
        edit({ op, path: toEnvelope(path) })
        break
      case 'copy':
        add(existing(operation.from, 'from'))
        break
      case 'move': {
        const value = existing(operation.from, 'from')
        if (equalJson(operation.from, path)) break
        if (startsWith(path, operation.from)) throw refuse('path', 'lies within what is to be moved')
        // RFC 6902 section 4.4: removed first, then added; so the path is read without what was removed.
        edit({ op: 'remove', path: toEnvelope(operation.from) })
        bytes -= bytesOf(value)
        add(value)
        break
      }
    }
  }
  return envelope.document
}

function toEnvelope(path: Tokens): string {
  return ['', 'document', ...path.map(escapeSegment)].join('/')
}
