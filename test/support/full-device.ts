import { closeSync, existsSync, openSync } from 'node:fs'
import type { Lifetime } from './postgres.ts'

/** Linux has it: whatever is written there meets a disk that is full. */
const FULL = '/dev/full'

/** Options for a test that needs it. */
export const needsFullDevice = (): { skip: string | false } => ({
  skip: existsSync(FULL) ? false : `needs ${FULL}, which this system does not have`,
})

/** Its descriptor, for the standard output of a process. */
export function openFullDevice(lifetime: Lifetime): number {
  const descriptor = openSync(FULL, 'w')
  lifetime.after(async () => closeSync(descriptor))
  return descriptor
}
