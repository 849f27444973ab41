import assert from 'node:assert/strict'
import { answersOf, assertFits, asTree, operations } from './document.ts'

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/**
 * Holds an answer against what the document says of the operation, as `GET /orders/{id}`: its status, its media type,
 * its body by the schema for that type, and that no header of it comes unannounced.
 */
export function assertDocumented(name: string, { status, headers, text }: Answer): void {
  const documented = operations.find((each) => each.name === name)
  assert.ok(documented, `${name} is documented`)
  const answers = new Map(answersOf(documented.operation))
  const answer = asTree(answers.get(String(status)) ?? answers.get('default'))

  const type = headers.get('content-type')?.replace('; charset=utf-8', '')
  if (type === undefined) assert.equal(answer.content, undefined, `${name} ${status} has no body`)
  else {
    const { schema } = asTree(asTree(answer.content)[type])
    assertFits(schema, type.includes('json') ? JSON.parse(text) : text, `${name} ${status}`)
  }

  const promised = new Set(Object.keys(asTree(answer.headers)).map((header) => header.toLowerCase()))
  for (const header of headers.keys()) {
    assert.ok(promised.has(header) || ofEveryServer.has(header), `${name} ${status}: ${header}`)
  }
}

/** What HTTP and browsers know without this document. */
const ofEveryServer = new Set([
  ...['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding'],
  ...['content-security-policy', 'cross-origin-resource-policy', 'referrer-policy', 'x-content-type-options'],
  'strict-transport-security',
])
