import Type, { type Static, type TObject } from 'typebox'
import { fits } from '#plugins/validation/compile.ts'
import { type BadVariable, ConfigError } from './config/config-error.ts'
import { conflicts, faultOf } from './config/rules.ts'
import { ConfigSchema } from './config/schema.ts'
import { parse, variables, variablesOf } from './config/variables.ts'

export { ConfigError } from './config/config-error.ts'

/** Every setting of the service, read once and frozen. `src/config/schema.ts` explains each. */
export type Config = Readonly<Static<typeof ConfigSchema>>

/** `process.env`, or what stands in for it. An empty variable is one that is not set: `NAME=` means that. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads and judges the whole environment.
 *
 * @throws ConfigError naming every variable that is missing or wrong
 */
export function readConfig(env: Environment): Config {
  const { values, bad } = judge(env, ConfigSchema)
  for (const { key, ...rule } of conflicts(values, (name) => rawOf(env, name) !== undefined)) {
    const variable = variables.find((one) => one.key === key)
    if (variable === undefined || bad.some((one) => one.variable.key === key)) continue
    bad.push({ variable, raw: rawOf(env, key), ...rule })
  }
  return accepted(ConfigSchema, values, bad)
}

/**
 * @returns all that a migration needs
 * @throws ConfigError
 */
export const readMigrationConfig = (env: Environment) =>
  readSettings(env, Type.Pick(ConfigSchema, ['databaseUrl']))

/**
 * @returns the way to the operations listener
 * @throws ConfigError
 */
export const readOperatorConfig = (env: Environment) =>
  readSettings(env, Type.Pick(ConfigSchema, ['opsHost', 'opsPort', 'opsToken']))

/**
 * Reads and judges what a schema names, made of the kinds of `src/config/kinds.ts` and `url-kinds.ts`.
 *
 * @throws ConfigError
 */
export function readSettings<T extends TObject>(env: Environment, schema: T): Readonly<Static<T>> {
  const { values, bad } = judge(env, schema)
  return accepted(schema, values, bad)
}

function judge(env: Environment, schema: TObject) {
  const values: Record<string, unknown> = {}
  const bad: BadVariable[] = []
  for (const variable of variablesOf(schema)) {
    const raw = env[variable.name] || undefined
    const value = raw === undefined ? variable.standard : parse(variable, raw)
    if (value === undefined && !variable.required) continue
    if (value === undefined || !fits(variable.schema, value)) {
      bad.push({ variable, raw, allowed: variable.allowed })
      continue
    }
    const fault = faultOf(variable.key, value)
    if (fault !== undefined) bad.push({ variable, raw, ...fault })
    else values[variable.key] = Array.isArray(value) ? Object.freeze([...value]) : value
  }
  return { values, bad }
}

function accepted<T extends TObject>(schema: T, values: unknown, bad: BadVariable[]): Readonly<Static<T>> {
  if (bad.length > 0 || !fits(schema, values)) throw new ConfigError(bad)
  return Object.freeze(values)
}

function rawOf(env: Environment, key: string): string | undefined {
  const name = variables.find((one) => one.key === key)?.name
  return name === undefined ? undefined : env[name] || undefined
}
