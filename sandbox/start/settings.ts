import Type from 'typebox'
import * as kind from '#src/config/kinds.ts'
import { variables, variablesOf } from '#src/config/variables.ts'
import { readConfig, readSettings } from '#src/config.ts'
import { type Environment, isSet } from './environment.ts'

const SandboxSchema = Type.Object({
  sandboxPort: kind.port({
    description: 'The port of the stand-ins for payment and the warehouse.',
    default: 3002,
    examples: ['0'],
  }),
  sandboxStorefrontPort: kind.port({
    description: 'The port of the storefront.',
    default: 3003,
    examples: ['0'],
  }),
  sandboxSmtpPort: kind.port({
    description: 'The port of the stand-in for the mail server.',
    default: 3025,
    examples: ['0'],
  }),
  sandboxSeed: Type.Optional(
    kind.whole(0, 2 ** 32 - 1, '', {
      description: 'Decides which calls fail. Left out: another one each time.',
      examples: ['42'],
    }),
  ),
})

/** @throws ConfigError */
export const readSandboxSettings = (env: Environment) => readSettings(env, SandboxSchema)

/** Every variable that is a port, the service's own first. */
export const ports = [...variables, ...variablesOf(SandboxSchema)].filter(({ name }) => /PORT$/.test(name))

/** What the service cannot do without, and is supplied where it is missing. */
const SUPPLIED = ['DATABASE_URL', 'AUTH_JWT_SECRET', 'PAYMENT_API_KEY', 'INVENTORY_URL', 'SMTP_URL']

/**
 * Judges what is set, while nothing is supplied yet: an example stands in for what will be.
 *
 * @throws ConfigError
 */
export function judge(env: Environment): void {
  readSandboxSettings(env)
  const missing = variables.filter(({ name }) => SUPPLIED.includes(name) && !isSet(env, name))
  readConfig({ ...env, ...Object.fromEntries(missing.map(({ name, example }) => [name, example])) })
}
