import type { Static, TSchema } from 'typebox'
import { MOST_VIOLATIONS } from '../problem-details/violation.ts'
import { type Check, type Findings, isObject, keyword } from './check.ts'
import { arrayChecks, objectChecks } from './containers.ts'
import { numberChecks, stringChecks } from './scalars.ts'

/** Keywords that say nothing about what is valid. */
const annotations = new Set([
  ...['$id', '$schema', '$comment', 'title', 'description', 'default', 'example', 'examples'],
  ...['deprecated', 'readOnly', 'writeOnly', 'contentMediaType', 'contentEncoding'],
])

const assertions = new Set([
  ...['type', 'const', 'enum', 'anyOf', 'allOf', 'minLength', 'maxLength', 'pattern', 'format'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['items', 'minItems', 'maxItems', 'properties', 'required', 'patternProperties'],
  ...['additionalProperties', 'propertyNames', 'minProperties', 'maxProperties'],
])

const typeTests: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  object: ['an object', isObject],
  array: ['an array', Array.isArray],
  string: ['a string', (value) => typeof value === 'string'],
  integer: ['an integer', Number.isInteger],
  number: ['a number', Number.isFinite],
  boolean: ['true or false', (value) => typeof value === 'boolean'],
  null: ['null', (value) => value === null],
}

/**
 * Turns a TypeBox schema into a check that finds every violation, in plain English and without coercion.
 * @throws TypeError on a keyword it does not know, so that no schema promises what nobody checks
 */
export function compile(schema: unknown): Check {
  if (schema === false) return (_value, findings) => findings.report('is not known here')
  if (schema === true) return () => {}
  if (!isObject(schema)) throw new TypeError('A schema is an object or a boolean')
  for (const name of Object.keys(schema)) {
    if (!annotations.has(name) && !assertions.has(name) && !name.startsWith('x-')) {
      throw new TypeError(`The schema has the keyword "${name}", which is not checked here`)
    }
  }

  const checks = [
    ...constantChecks(schema),
    ...stringChecks(schema),
    ...numberChecks(schema),
    ...arrayChecks(schema, compile),
    ...objectChecks(schema, compile),
    ...unionChecks(schema),
    ...refinements(schema),
  ]
  const typed = typeTest(schema)
  return (value, findings) => {
    if (typed !== undefined && !typed[1](value)) findings.report(`must be ${typed[0]}`)
    else for (const check of checks) check(value, findings)
  }
}

/**
 * Whether a value fits a schema, for who says in words of their own what is wrong with it. The schema is compiled at
 * each call: for values that are judged once.
 * @throws TypeError on a keyword that is not known
 */
export function fits<T extends TSchema>(schema: T, value: unknown): value is Static<T> {
  return countWrong(compile(schema), value) === 0
}

function typeTest(schema: object) {
  const type = keyword(schema, 'type')
  if (type === undefined) return undefined
  const test = typeof type === 'string' && Object.hasOwn(typeTests, type) ? typeTests[type] : undefined
  if (test === undefined) throw new TypeError(`The schema has the type ${JSON.stringify(type)}`)
  return test
}

function constantChecks(schema: object): Check[] {
  const allowed = constantsOf(schema)
  if (allowed === undefined) return []
  const detail = `must be ${allowed.length > 1 ? 'one of ' : ''}${allowed.map((value) => JSON.stringify(value)).join(', ')}`
  return [
    (value, findings) => {
      if (!allowed.includes(value)) findings.report(detail)
    },
  ]
}

/** The values of `const`, `enum`, or a union of such; undefined when the schema is another one. */
function constantsOf(schema: object): unknown[] | undefined {
  if (Object.hasOwn(schema, 'const')) return [keyword(schema, 'const')]
  const values = keyword(schema, 'enum')
  if (Array.isArray(values)) return values
  const branches = keyword(schema, 'anyOf')
  if (!Array.isArray(branches)) return undefined
  const constants = branches.map((branch) => (isObject(branch) ? constantsOf(branch) : undefined))
  return constants.every((each) => each !== undefined) ? constants.flat() : undefined
}

function unionChecks(schema: object): Check[] {
  const all = keyword(schema, 'allOf')
  const any = keyword(schema, 'anyOf')
  const checks: Check[] = Array.isArray(all) ? all.map(compile) : []
  if (!Array.isArray(any) || constantsOf(schema) !== undefined) return checks
  const branches = any.map((branch) => ({
    check: compile(branch),
    test: isObject(branch) ? typeTest(branch) : undefined,
  }))
  checks.push((value, findings) => {
    const counted = branches.map(({ check, test }) => ({ check, test, wrong: countWrong(check, value) }))
    if (counted.some(({ wrong }) => wrong === 0)) return
    // Of the branches for a value of this type, the one that it comes nearest to is the one it is meant for.
    const [meant] = counted
      .filter(({ test }) => test === undefined || test[1](value))
      .sort((one, other) => one.wrong - other.wrong)
    if (meant !== undefined) meant.check(value, findings)
    else findings.report(`must be ${branches.map(({ test }) => test?.[0]).join(' or ')}`)
  })
  return checks
}

function countWrong(check: Check, value: unknown): number {
  let wrong = 0
  const findings: Findings = {
    path: [],
    isFull: () => wrong >= MOST_VIOLATIONS,
    report: () => {
      wrong += 1
    },
  }
  check(value, findings)
  return wrong
}

/** `Type.Refine`: TypeBox keeps the functions beside the schema, with the words for what they refuse. */
function refinements(schema: object): Check[] {
  const found = keyword(schema, '~refine')
  if (!Array.isArray(found)) return []
  return found.map(({ check, error }: Refinement) => (value, findings) => {
    if (!check(value)) findings.report(typeof error === 'function' ? error(value) : 'is not valid')
  })
}

interface Refinement {
  check: (value: unknown) => boolean
  error?: (value: unknown) => string
}
