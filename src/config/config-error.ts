import type { Variable } from './variables.ts'

/** One variable that cannot be used, and what it was; undefined when it was not set. */
export interface BadVariable {
  variable: Variable
  raw: string | undefined
  allowed: string
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

function explain({ variable, raw, allowed }: BadVariable): string {
  const was = raw === undefined ? 'is not set' : `is ${masked(variable, raw)}`
  return `  ${variable.name} ${was}\n    allowed: ${allowed}\n    example: ${variable.name}=${variable.example}`
}

/** A value as an error may show it. Of a URL all that can hold a password is left out, well-formed or not. */
export function masked({ secret, key }: Variable, raw: string): string {
  if (secret) return `*** (${Buffer.byteLength(raw)} bytes, not shown)`
  if (!/(?:Url|Endpoint)$/.test(key)) return JSON.stringify(raw)
  const scheme = /^[a-z]{1,12}:\/\//i.exec(raw)?.[0]
  if (scheme === undefined) return `*** (${raw.length} characters, not shown, with no scheme://)`
  const rest = raw.slice(scheme.length)
  const afterLogin = rest.includes('@') ? `***@${rest.slice(rest.lastIndexOf('@') + 1)}` : rest
  return JSON.stringify(scheme + afterLogin.replace(/\?.*$/s, '?***'))
}
