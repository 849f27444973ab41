import { type Check, count, isObject, keyword, numberKeyword } from './check.ts'

type Compile = (schema: unknown) => Check

/** The checks of an array's keywords. */
export function arrayChecks(schema: object, compile: Compile): Check[] {
  const checks: Check[] = []
  const minimum = numberKeyword(schema, 'minItems')
  const maximum = numberKeyword(schema, 'maxItems')
  const items = keyword(schema, 'items')
  if (minimum !== undefined) {
    checks.push((value, findings) => {
      if (Array.isArray(value) && value.length < minimum) {
        findings.report(`must have at least ${count(minimum, 'item')}`)
      }
    })
  }
  if (maximum !== undefined) {
    checks.push((value, findings) => {
      if (Array.isArray(value) && value.length > maximum) {
        findings.report(`must have at most ${count(maximum, 'item')}`)
      }
    })
  }
  if (items !== undefined) {
    const check = compile(items)
    checks.push((value, findings) => {
      if (!Array.isArray(value)) return
      // What is beyond the allowed number is not looked at: a hostile body may have a hundred thousand of it.
      const length = Math.min(value.length, maximum ?? value.length)
      for (let index = 0; index < length && !findings.isFull(); index += 1) {
        findings.path.push(index)
        check(value[index], findings)
        findings.path.pop()
      }
    })
  }
  return [...checks, ...sumChecks(schema, maximum)]
}

/** A keyword of our own: of the items that agree in the member `by`, the sum of the member `of`. */
interface MaximumSum {
  of: string
  by: string
  maximum: number
}

const isMaximumSum = (value: unknown): value is MaximumSum =>
  isObject(value) &&
  typeof value.of === 'string' &&
  typeof value.by === 'string' &&
  Number.isFinite(value.maximum)

function sumChecks(schema: object, maxItems = Number.POSITIVE_INFINITY): Check[] {
  const bound = keyword(schema, 'x-maximumSum')
  if (bound === undefined) return []
  if (!isMaximumSum(bound)) throw new TypeError('x-maximumSum needs the members of, by and maximum')
  const { of, by, maximum } = bound
  return [
    (value, findings) => {
      if (!Array.isArray(value)) return
      const sums = new Map<string, number>()
      for (const [index, item] of value.entries()) {
        if (findings.isFull() || index >= maxItems) return
        const { [by]: key, [of]: amount } = isObject(item) ? item : {}
        if (typeof key !== 'string' || typeof amount !== 'number') continue
        const before = sums.get(key)
        const sum = (before ?? 0) + amount
        sums.set(key, sum)
        // A first item that is too much by itself is the item's own violation.
        if (before === undefined || sum <= maximum) continue
        findings.path.push(index)
        findings.report(`brings the sum for its ${by} to ${sum}, which must be at most ${maximum}`, of)
        findings.path.pop()
      }
    },
  ]
}

/** The checks of an object's keywords. A member is looked for among its own, never in a prototype. */
export function objectChecks(schema: object, compile: Compile): Check[] {
  const required = keyword(schema, 'required')
  const properties = new Map(entries(schema, 'properties').map(([name, each]) => [name, compile(each)]))
  const patterns = entries(schema, 'patternProperties').map(
    // TypeBox means every name by `^.*$`, but a dot does not match a line break.
    ([pattern, each]) => [new RegExp(pattern, 'us'), compile(each)] as const,
  )
  const additional = keyword(schema, 'additionalProperties')
  const others = additional === undefined || additional === true ? undefined : compile(additional)
  const names = keyword(schema, 'propertyNames')
  const nameCheck = names === undefined ? undefined : compile(names)

  const checks: Check[] = [...sizeChecks(schema)]
  if (Array.isArray(required)) {
    const missing = required.filter((name) => typeof name === 'string')
    checks.push((value, findings) => {
      if (!isObject(value)) return
      for (const name of missing) if (!Object.hasOwn(value, name)) findings.report('is required', name)
    })
  }
  checks.push((value, findings) => {
    if (!isObject(value)) return
    for (const name of Object.keys(value)) {
      if (findings.isFull()) return
      const member = value[name]
      findings.path.push(name)
      nameCheck?.(name, { ...findings, report: (detail) => findings.report(`has a name that ${detail}`) })
      const declared = properties.get(name)
      const matching = patterns.filter(([pattern]) => pattern.test(name))
      declared?.(member, findings)
      for (const [, check] of matching) check(member, findings)
      if (declared === undefined && matching.length === 0) others?.(member, findings)
      findings.path.pop()
    }
  })
  return checks
}

function sizeChecks(schema: object): Check[] {
  const minimum = numberKeyword(schema, 'minProperties') ?? 0
  const maximum = numberKeyword(schema, 'maxProperties') ?? Number.POSITIVE_INFINITY
  if (minimum === 0 && maximum === Number.POSITIVE_INFINITY) return []
  return [
    (value, findings) => {
      if (!isObject(value)) return
      const size = Object.keys(value).length
      if (size < minimum) findings.report(`must have at least ${count(minimum, 'member')}`)
      if (size > maximum) findings.report(`must have at most ${count(maximum, 'member')}`)
    },
  ]
}

function entries(schema: object, name: string): [string, unknown][] {
  const value = keyword(schema, name)
  return isObject(value) ? Object.entries(value) : []
}
