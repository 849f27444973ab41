import { fragmentPointer, type Violation } from '../problem-details.ts'
import { isObject, keyword } from './check.ts'

/** More digits than that are no safe integer, and no number that anybody means. */
const decimal = /^(?:0|[1-9]\d{0,14})$/

/** The members of a query that the schema has, integers among them as numbers, and those that are given twice. */
export function readQuery(schema: object, query: unknown): { value: object; repeated: Violation[] } {
  const properties = keyword(schema, 'properties')
  const given = isObject(query) ? query : {}
  const value: Record<string, unknown> = {}
  const repeated: Violation[] = []
  for (const [name, member] of Object.entries(isObject(properties) ? properties : {})) {
    if (!Object.hasOwn(given, name)) continue
    const text = given[name]
    if (Array.isArray(text)) {
      repeated.push({ pointer: fragmentPointer([name]), in: 'query', detail: 'must be given once' })
      continue
    }
    const integer = isObject(member) && keyword(member, 'type') === 'integer'
    value[name] = integer && typeof text === 'string' && decimal.test(text) ? Number(text) : text
  }
  return { value, repeated }
}
