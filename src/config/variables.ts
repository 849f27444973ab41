import type { TObject, TSchema } from 'typebox'
import { ConfigSchema } from './schema.ts'

/** One setting as the environment knows it. */
export interface Variable {
  /** The member of `Config`. */
  readonly key: string
  /** The environment variable: the key in capitals. */
  readonly name: string
  readonly schema: TSchema
  readonly type: string
  readonly allowed: string
  readonly description: string
  readonly example: string
  readonly section: string | undefined
  readonly secret: boolean
  readonly required: boolean
  readonly standard: unknown
}

const word = (schema: TSchema, keyword: string): string => {
  const value: unknown = Reflect.get(schema, keyword)
  return Array.isArray(value) ? String(value[0]) : typeof value === 'string' ? value : ''
}

/** The variables of a schema, in the order in which it explains them. */
export const variablesOf = ({ properties, required }: TObject): readonly Variable[] =>
  Object.entries(properties).map(([key, schema]) => ({
    key,
    name: key.replace(/[A-Z]/g, '_$&').toUpperCase(),
    schema,
    type: word(schema, 'type'),
    allowed: word(schema, 'x-allowed'),
    description: word(schema, 'description'),
    example: word(schema, 'examples'),
    section: word(schema, 'x-section') || undefined,
    secret: Reflect.get(schema, 'x-secret') === true,
    // TypeBox leaves the list out where nothing is required.
    required: (required ?? []).some((one) => one === key) && !('default' in schema),
    standard: Reflect.get(schema, 'default'),
  }))

/** Every variable of the service. */
export const variables = variablesOf(ConfigSchema)

/**
 * What the text of a variable means: a number, a switch, a list or the text itself. Text that does not have
 * the form is returned as it stands, for the schema to refuse; no number is ever rounded or guessed. The slash at
 * the end of a URL that paths are appended to is dropped, so that no path begins with two.
 */
export function parse({ type, schema }: Variable, raw: string): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(raw)) return Number(raw)
  if (type === 'boolean' && /^(?:true|false)$/i.test(raw)) return raw.toLowerCase() === 'true'
  if (type === 'array') return raw.split(',').map((item) => item.trim())
  return Reflect.get(schema, 'x-base') === true ? raw.replace(/\/+$/, '') : raw
}
