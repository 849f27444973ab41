import { type Environment, readConfig } from '../config.ts'
import { masked } from './config-error.ts'
import { type Variable, variables } from './variables.ts'

/**
 * Every setting as it is in force, name by name, with what is a secret masked.
 *
 * @throws ConfigError as the start does
 */
export function renderReport(env: Environment): string {
  const config = readConfig(env)
  const width = Math.max(...variables.map(({ name }) => name.length))
  const lines = variables.map((variable) => {
    const { key, name, section } = variable
    const heading = section === undefined ? '' : `\n# ${section}\n`
    const value: unknown = Reflect.get(config, key)
    const line = `${name.padEnd(width)}  ${shown(variable, value)}`
    const isSet = (env[name] ?? '') !== ''
    return `${heading}${isSet || value === undefined ? line : `${line}  (default)`}\n`
  })
  return lines.join('').trimStart()
}

function shown(variable: Variable, value: unknown): string {
  if (value === undefined) return '(not set)'
  if (typeof value === 'string') return masked(variable, value)
  return Array.isArray(value) ? JSON.stringify(value.join(',')) : String(value)
}
