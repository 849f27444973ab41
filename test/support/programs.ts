import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Debian's programs that tests drive; `scripts/test-deps` installs them. */
export type Program =
  | 'chromium-headless-shell'
  | 'kubectl'
  | 'nginx'
  | 'pgbouncer'
  | 'promtool'
  | 'redis-server'
  | 'varnishd'

// Servers live where an ordinary user's path may not look.
const DIRECTORIES = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** Where a program is, or undefined. */
export function pathOf(program: Program | 'varnishadm'): string | undefined {
  return DIRECTORIES.map((directory) => join(directory, program)).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * Options for a suite that needs programs: it says that it is skipped, and why, where one is missing. Where
 * `TESTS_MAY_SKIP=no`, as in continuous integration, nothing is skipped and the suite fails instead.
 */
export function needs(...programs: Program[]): { skip: string | false } {
  const missing = programs.filter((program) => pathOf(program) === undefined)
  if (missing.length === 0 || process.env.TESTS_MAY_SKIP === 'no') return { skip: false }
  return { skip: `needs ${missing.join(', ')}: run scripts/test-deps as root` }
}

/** @throws Error where the program is not installed */
export function program(name: Program | 'varnishadm'): string {
  const path = pathOf(name)
  if (path === undefined) throw new Error(`${name} is not installed: run scripts/test-deps as root`)
  return path
}
