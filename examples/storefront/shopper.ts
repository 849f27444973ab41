import {
  type Attempt,
  type Client,
  createClient,
  type Deprecation,
} from '../../clients/typescript/src/client.ts'
import type { Settings } from './settings.ts'

/** One client for each version, kept over a switch: entity tags live in them. */
export interface Shopper {
  readonly 1: Client<1>
  readonly 2: Client<2>
}

export type AnyClient = Client<1> | Client<2>

interface Listeners {
  readonly onAttempt: (version: 1 | 2, attempt: Attempt) => void
  /** A version's end is announced. */
  readonly onDeprecation: (deprecation: Deprecation) => void
}

export function createShopper({ api, token }: Settings, { onAttempt, onDeprecation }: Listeners): Shopper {
  const common = { baseUrl: api, token, onDeprecation }
  return {
    1: createClient({ ...common, version: 1, onAttempt: (attempt) => onAttempt(1, attempt) }),
    2: createClient({ ...common, version: 2, onAttempt: (attempt) => onAttempt(2, attempt) }),
  }
}
