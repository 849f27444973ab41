import type { FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { parseMediaType } from './accept-version/media-type.ts'
import { applyOperations } from './json-patch/apply-operations.ts'
import { equalJson } from './json-patch/json.ts'
import { mergePatch } from './json-patch/merge.ts'
import { type Operation, readOperations } from './json-patch/operations.ts'
import { mergesBeyond, operatesBeyond } from './json-patch/patchable.ts'
import { isForbiddenName, parsePointer, type Tokens } from './json-patch/pointer.ts'
import { rejected } from './json-patch/refusals.ts'
import type { Violation } from './problem-details.ts'
import { compileViolations } from './validation.ts'

export { equalJson, isForbiddenName }

const JSON_PATCH = 'application/json-patch+json'
const MERGE_PATCH = 'application/merge-patch+json'

/** The media types of patch documents: RFC 6902, RFC 7396. */
export const PATCH_MEDIA_TYPES = [JSON_PATCH, MERGE_PATCH] as const

/** A patch document that is well formed, whatever it will be applied to. */
export type Patch =
  | { mediaType: typeof JSON_PATCH; operations: readonly Operation[] }
  | { mediaType: typeof MERGE_PATCH; document: unknown }

export interface PatchOptions {
  /** JSON pointers of what may be changed, tested or read, with all below; `''` is the whole document. */
  patchable: readonly string[]
  /** Bytes of the document as UTF-8, with all that operations put into it. Default 1 MiB. */
  maxBytes?: number
  /** Levels of arrays and objects in the document. Default 32. */
  maxDepth?: number
}

/**
 * The patch in a request's body, whose media type the route has accepted.
 *
 * @throws Problem validation-failed with every operation that is malformed
 */
export function readPatch({ headers, body }: FastifyRequest): Patch {
  const type = parseMediaType(headers['content-type'] ?? '')?.type
  return parsePatch(type === MERGE_PATCH ? MERGE_PATCH : JSON_PATCH, body)
}

/** The same from a body that is at hand. */
export function parsePatch(mediaType: (typeof PATCH_MEDIA_TYPES)[number], body: unknown): Patch {
  if (mediaType === MERGE_PATCH) return { mediaType, document: body }
  return { mediaType, operations: readOperations(body) }
}

/**
 * What a patch makes of a document, which itself stays as it is: the whole patch, or nothing of it.
 *
 * @throws Problem patch-rejected with where the patch touches what cannot be patched, or the first operation that
 *   cannot be applied; patch-test-failed for a `test` that does not hold
 */
export function applyPatch(document: unknown, patch: Patch, options: PatchOptions): unknown {
  const patchable = options.patchable.map(toTokens)
  if (patch.mediaType === MERGE_PATCH) {
    refuse(mergesBeyond(patchable, patch.document))
    return mergePatch(document, patch.document)
  }
  refuse(operatesBeyond(patchable, patch.operations))
  const { maxBytes = 1024 * 1024, maxDepth = 32 } = options
  return applyOperations(document, patch.operations, { maxBytes, maxDepth })
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length > 0) throw rejected(violations)
}

/**
 * A function that gives back what a patch made, if it fits the schema.
 *
 * @throws Problem patch-rejected with pointers into the result
 */
export function compileResult<T extends TSchema>(schema: T): (result: unknown) => Static<T> {
  const find = compileViolations(schema, 'result')
  return (result) => {
    const violations = find(result)
    const fits = (_result: unknown): _result is Static<T> => violations.length === 0
    if (fits(result)) return result
    throw rejected(violations)
  }
}

function toTokens(pointer: string): Tokens {
  const tokens = parsePointer(pointer)
  if (tokens === undefined) throw new TypeError(`${pointer} is no JSON pointer`)
  return tokens
}
