import { escapeSegment, MOST_VIOLATIONS, pointerToFragment, type Violation } from './violation.ts'

const places: Readonly<Record<string, Violation['in']>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
}

/** The violations in the `validation` of an error of Fastify's default validator (Ajv). */
export function describeAjvErrors(validation: readonly unknown[], context: string | undefined): Violation[] {
  const place = places[context ?? 'body'] ?? 'body'
  return validation.slice(0, MOST_VIOLATIONS).map((error) => {
    const path = member(error, 'instancePath') ?? ''
    const params: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'params') : {}
    const missing = member(params, 'missingProperty')
    const unknown = member(params, 'additionalProperty')
    const child = missing ?? unknown
    const pointer = child === undefined ? path : `${path}/${escapeSegment(child)}`
    const detail =
      missing !== undefined
        ? 'is required'
        : unknown !== undefined
          ? 'is not known here'
          : (member(error, 'message') ?? 'is not valid')
    return { pointer: pointerToFragment(pointer), in: place, detail }
  })
}

function member(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found: unknown = Reflect.get(value, name)
  return typeof found === 'string' ? found : undefined
}
