import type { Variable } from './variables.ts'

/** One variable that cannot be used, and what it was; undefined when it was not set. */
export interface BadVariable {
  variable: Variable
  raw: string | undefined
  allowed: string
  /** The variable's own if left out. */
  example?: string | undefined
}

/** Names every bad variable at once, so that a start is not repaired one complaint at a time. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** The names of the variables at fault, e.g. `DATABASE_URL`. */
  readonly variables: readonly string[]

  constructor(bad: readonly BadVariable[]) {
    const count = bad.length === 1 ? 'one variable is' : `${bad.length} variables are`
    super([`The configuration cannot be used, ${count} wrong:`, ...bad.map(explain)].join('\n\n'))
    this.variables = bad.map(({ variable }) => variable.name)
  }
}

function explain({ variable, raw, allowed, example = variable.example }: BadVariable): string {
  const was = raw === undefined ? 'is not set' : `is ${masked(variable, raw)}`
  return `  ${variable.name} ${was}\n    allowed: ${allowed}\n    example: ${variable.name}=${example}`
}

/** Settings that may hold a login, well-formed or not. A PUBLIC_URL is everybody's. */
const WITH_LOGIN = /(?<!^public)(?:Url|Endpoint)$/

const HOST = String.raw`(?:\[[\da-f:.]*\]|[^\s:/?#,[\]]+)(?::\d{1,5})?`
const HOSTS = new RegExp(`^${HOST}(?:,${HOST})*(?=[/?#]|$)`, 'i')

/** A value as an error may show it. All that can hold a password is left out. */
export function masked({ secret, key }: Variable, raw: string): string {
  if (secret) return `*** (${Buffer.byteLength(raw)} bytes, not shown)`
  if (!WITH_LOGIN.test(key)) return JSON.stringify(raw.replace(/^.*:(?:\/\/.*|\S*)@/s, '***@'))
  const [, scheme, rest = ''] = /^([a-z]{1,12}:\/\/)(.*)$/is.exec(raw) ?? []
  if (scheme === undefined) return `*** (${raw.length} characters, not shown, with no scheme://)`
  const at = rest.lastIndexOf('@') + 1
  const place = rest.slice(at)
  // With the host forgotten, what stands in its place is a password.
  if (!HOSTS.test(place)) return JSON.stringify(`${scheme}***`)
  return JSON.stringify(scheme + (at > 0 ? '***@' : '') + place.replace(/([?#]).*$/s, '$1***'))
}
