import type { FastifySchemaCompiler } from 'fastify'
import fp from 'fastify-plugin'
import type { Static, TSchema } from 'typebox'
import { MOST_VIOLATIONS } from './problem-details/violation.ts'
import { fragmentPointer, Problem, type Violation } from './problem-details.ts'
import { type Findings, isObject, keyword } from './validation/check.ts'
import { compile } from './validation/compile.ts'
import { readQuery } from './validation/query.ts'

/** Where the value stands in the request. */
export type Place = Violation['in']

/**
 * A function that lists all that is wrong with a value. Schemas that refuse unknown members say
 * `additionalProperties: false`; nothing is coerced or stripped.
 * @throws TypeError on a keyword that is not checked here
 */
export function compileViolations(schema: TSchema, place: Place): (value: unknown) => Violation[] {
  const check = compile(schema)
  return (value) => {
    const violations: Violation[] = []
    const path: (string | number)[] = []
    const findings: Findings = {
      path,
      isFull: () => violations.length >= MOST_VIOLATIONS,
      report(detail, child) {
        if (findings.isFull()) return
        const pointer = fragmentPointer(child === undefined ? path : [...path, child])
        violations.push({ pointer, in: place, detail })
      },
    }
    if (value === undefined) findings.report('is required')
    else check(value, findings)
    return violations
  }
}

/**
 * A function that gives back a value that fits the schema.
 * @throws Problem `validation-failed` with every violation, up to 100
 */
export function compileValidator<T extends TSchema>(schema: T, place: Place): (value: unknown) => Static<T> {
  const find = compileViolations(schema, place)
  return (value) => assertFits<T>(value, find(value))
}

/**
 * The same for a query, in which everything arrives as text. A member that the schema has as an integer is read
 * from a decimal number without sign, leading zero, fraction or exponent; whatever else stands there is left as
 * it is, and refused. Parameters that the schema does not have are ignored; one that is given twice is refused.
 */
export function compileQuery<T extends TSchema>(schema: T): (query: unknown) => Static<T> {
  const find = compileViolations(schema, 'query')
  return (query) => {
    const { value, repeated } = readQuery(schema, query)
    return assertFits<T>(value, [...repeated, ...find(value)])
  }
}

function assertFits<T extends TSchema>(value: unknown, violations: readonly Violation[]): Static<T> {
  const fits = (_value: unknown): _value is Static<T> => violations.length === 0
  if (fits(value)) return value
  throw validationFailed(violations)
}

/** The problem for violations that were found in other ways than by a schema. */
export function validationFailed(violations: readonly Violation[]): Problem {
  const [first, ...others] = violations
  const more = others.length === 0 ? '' : `, and ${others.length} more`
  const detail = first === undefined ? undefined : `${first.in} ${first.pointer} ${first.detail}${more}.`
  return new Problem('validation-failed', { detail, extensions: { errors: violations } })
}

const places: Readonly<Record<string, Place>> = { body: 'body', params: 'path', headers: 'header' }

/** Fastify's side of it: what a route's schema refuses is a `validation-failed`, and the handler gets the types. */
const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = 'body' }) => {
  if (httpPart === 'params' && asksForStrings(schema)) return () => true
  const validate =
    httpPart === 'querystring' ? compileQuery(schema) : compileValidator(schema, places[httpPart] ?? 'body')
  return (value: unknown) => {
    try {
      return { value: validate(value) }
    } catch (error) {
      if (error instanceof Problem) return { error }
      throw error
    }
  }
}

/** Whether nothing but strings is asked for, which the parameters of a path that matched always are. */
function asksForStrings(schema: TSchema): boolean {
  const { type, required, properties, ...others } = {
    required: [],
    properties: {},
    type: 'object',
    ...schema,
  }
  const isPlain = (each: unknown) =>
    isObject(each) && keyword(each, 'type') === 'string' && Object.keys(each).length === 1
  return Object.keys(others).length === 0 && Object.values(properties).every(isPlain)
}

export const validation = fp(
  async (app) => {
    app.setValidatorCompiler(validatorCompiler)
  },
  { name: 'validation', fastify: '5.x', dependencies: ['problem-details'] },
)
