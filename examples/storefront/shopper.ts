import { type Attempt, type Client, createClient } from '../../clients/typescript/src/client.ts'
import type { Settings } from './settings.ts'

/** One client for each version, kept over a switch: entity tags live in them. */
export interface Shopper {
  readonly 1: Client<1>
  readonly 2: Client<2>
}

export type AnyClient = Client<1> | Client<2>

export function createShopper(
  { api, token }: Settings,
  onAttempt: (version: 1 | 2, attempt: Attempt) => void,
): Shopper {
  const common = { baseUrl: api, token }
  return {
    1: createClient({ ...common, version: 1, onAttempt: (attempt) => onAttempt(1, attempt) }),
    2: createClient({ ...common, version: 2, onAttempt: (attempt) => onAttempt(2, attempt) }),
  }
}
