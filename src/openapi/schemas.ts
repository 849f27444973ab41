import type { Schema } from './open-api.ts'
import { referTo } from './open-api.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/**
 * Schemas as a document shows them: wherever a part of one is another that has a name, there is a reference. Parts are
 * compared by what they say, for TypeBox copies a schema that it makes optional.
 */
export function shareNamed(named: Readonly<Record<string, Schema>>): Record<string, object> {
  const plain = Object.entries(named).map(([name, schema]) => [name, plainOf(schema)] as const)
  const names = new Map(plain.map(([name, schema]) => [JSON.stringify(schema), name]))

  const share = (value: Json): Json => {
    const name = names.get(JSON.stringify(value))
    return name === undefined ? shareWithin(value) : { ...referTo('schemas', name) }
  }
  const shareWithin = (value: Json): Json => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(share)
    return Object.fromEntries(Object.entries(enumerated(value)).map(([key, each]) => [key, share(each)]))
  }
  return Object.fromEntries(plain.map(([name, schema]) => [name, Object(shareWithin(schema))]))
}

function plainOf(schema: Schema): Json {
  return JSON.parse(JSON.stringify(schema))
}

/** A choice among constants of one type reads better, to people and generators, as an enumeration. */
function enumerated(schema: { [name: string]: Json }): { [name: string]: Json } {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf)) return schema
  const constants = anyOf.map((branch) => (isConstant(branch) ? branch : undefined))
  const [first] = constants
  if (first === undefined || constants.some((each) => each?.type !== first.type)) return schema
  return { ...rest, type: first.type, enum: constants.flatMap((each) => (each ? [each.const] : [])) }
}

function isConstant(schema: Json): schema is { type: Json; const: Json } {
  return typeof schema === 'object' && schema !== null && 'const' in schema && 'type' in schema
}
