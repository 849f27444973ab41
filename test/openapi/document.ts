import assert from 'node:assert/strict'
import { Compile } from 'typebox/schema'
import { composeDocument } from '#src/openapi/document.ts'
import { renderJson } from '#src/openapi/render.ts'

export type Tree = Record<string, unknown>

/** The document as whoever fetches it has it. */
export const document = asTree(JSON.parse(renderJson(composeDocument())))

const { components } = document

/** A member that has to be an object. */
export function asTree(value: unknown): Tree {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), JSON.stringify(value))
  return { ...value }
}

/** Every object in the document, with the JSON pointer of where it stands. */
export function* walk(value: unknown, pointer = '#'): Generator<{ pointer: string; node: Tree }> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield { pointer, node: asTree(value) }
  for (const [key, child] of Object.entries(value)) {
    yield* walk(child, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
  }
}

/** What a pointer of this document points at. */
export function lookUp(pointer: string): unknown {
  assert.match(pointer, /^#\//)
  return pointer
    .slice(2)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((node, segment) => asTree(node)[segment], document)
}

/** The object itself, or what its `$ref` stands for. */
export function resolve(value: unknown): Tree {
  const node = asTree(value)
  return typeof node.$ref === 'string' ? resolve(lookUp(node.$ref)) : node
}

/** Holds a value against a schema of the document, references included. */
export function assertFits(schema: unknown, value: unknown, what: string): void {
  const [fits, errors] = Compile({ components, allOf: [asTree(schema)] }).Errors(value)
  assert.ok(fits, `${what}: ${JSON.stringify(errors)} in ${JSON.stringify(value)}`)
}

export interface DocumentedOperation {
  /** `GET /orders/{id}` */
  readonly name: string
  readonly path: string
  readonly operation: Tree
}

export const operations: readonly DocumentedOperation[] = Object.entries(asTree(document.paths)).flatMap(
  ([path, item]) =>
    Object.entries(asTree(item)).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation: asTree(operation),
    })),
)

/** The answers of an operation by status, their references resolved. */
export function answersOf(operation: Tree): [string, Tree][] {
  return Object.entries(asTree(operation.responses)).map(([status, answer]) => [status, resolve(answer)])
}
