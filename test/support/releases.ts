import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'

export const RELEASES = new URL('../../docs/releases/', import.meta.url)

/** The releases that something is kept of, oldest first; the last one may still be in the making. */
export async function releases(): Promise<string[]> {
  return (await readdir(RELEASES)).toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }))
}

/**
 * The last release that has its tag, or undefined before the first. The one in the making gets its tag when its
 * tests have passed; an older one without is no release, and what is proved of another would be taken for its proof.
 */
export function lastTagged(
  kept: readonly string[],
  tags: readonly string[],
  own: string,
): string | undefined {
  const tagged = kept.filter((version) => tags.includes(`v${version}`))
  const untagged = kept.filter((version) => version !== own && !tagged.includes(version))
  assert.deepEqual(untagged, [], 'git has to know the tag of every release before this one: git fetch --tags')
  return tagged.at(-1)
}
