import { createRandom } from './random.ts'

export const DEPENDENCIES = ['payment', 'inventory', 'email'] as const
export type Dependency = (typeof DEPENDENCIES)[number]

/**
 * - `error`: an answer that says "our fault": 500, or 451 over SMTP
 * - `slow`: the right answer, `latencyMs` late
 * - `hang`: the request is taken and never answered
 * - `rate-limit`: 429 with `Retry-After`, or 450 over SMTP
 * - `reset`: the connection is reset before anything is done
 * - `lost-response`: the work is done, and then the connection is dropped
 */
const MODES = ['none', 'error', 'slow', 'hang', 'rate-limit', 'reset', 'lost-response'] as const
type Mode = (typeof MODES)[number]

export interface Fault {
  readonly mode: Mode
  /** The share of calls it strikes, 0 to 1. */
  readonly rate: number
  readonly latencyMs: number
  readonly retryAfterSeconds: number
}

export type Faults = ReturnType<typeof createFaults>

const NO_FAULT: Fault = { mode: 'none', rate: 1, latencyMs: 2_000, retryAfterSeconds: 1 }

/** What goes wrong at present with each dependency, decided call by call from the seed. */
export function createFaults(seed: number, initial: Partial<Record<Dependency, Partial<Fault>>> = {}) {
  const current: Record<Dependency, Fault> = {
    payment: { ...NO_FAULT, ...initial.payment },
    inventory: { ...NO_FAULT, ...initial.inventory },
    email: { ...NO_FAULT, ...initial.email },
  }
  const random = {
    payment: createRandom(seed, 'payment'),
    inventory: createRandom(seed, 'inventory'),
    email: createRandom(seed, 'email'),
  }
  return {
    /** By dependency, as set last. */
    current,
    set(dependency: Dependency, fault: Fault): void {
      current[dependency] = fault
    },
    /** The fault that strikes this call, or `undefined`. Ask once for each call. */
    strike(dependency: Dependency): Fault | undefined {
      const fault = current[dependency]
      return fault.mode !== 'none' && random[dependency]() < fault.rate ? fault : undefined
    },
  }
}

/** Reads the body of `PUT /faults/:dependency`; what is left out is as in {@link NO_FAULT}. */
export function parseFault(body: unknown): Fault | { readonly errors: readonly string[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { errors: ['the body must be a JSON object such as { "mode": "error", "rate": 0.2 }'] }
  }
  const given: Record<string, unknown> = { ...body }
  const { mode, rate = NO_FAULT.rate, latencyMs = NO_FAULT.latencyMs, ...others } = given
  const { retryAfterSeconds = NO_FAULT.retryAfterSeconds, ...unknown } = others
  const known = MODES.find((candidate) => candidate === mode)

  const errors = Object.keys(unknown).map((name) => `there is no member "${name}"`)
  if (known === undefined) errors.push(`mode must be one of ${MODES.join(', ')}`)
  if (!within(rate, 0, 1)) errors.push('rate must be a number from 0 to 1')
  if (!within(latencyMs, 0, 600_000)) errors.push('latencyMs must be a number from 0 to 600000')
  if (!within(retryAfterSeconds, 0, 86_400) || !Number.isInteger(retryAfterSeconds)) {
    errors.push('retryAfterSeconds must be an integer from 0 to 86400')
  }
  const valid = known !== undefined && within(rate, 0, 1) && within(latencyMs, 0, 600_000)
  if (!valid || !within(retryAfterSeconds, 0, 86_400) || errors.length > 0) return { errors }
  return { mode: known, rate, latencyMs, retryAfterSeconds }
}

function within(value: unknown, low: number, high: number): value is number {
  return typeof value === 'number' && value >= low && value <= high
}
