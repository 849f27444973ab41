export type Environment = Readonly<Record<string, string | undefined>>

/** Tells the one who watches the start, in a line. */
export type Say = (line: string) => void

/** An empty variable is one that is not set. */
export function isSet(env: Environment, name: string): boolean {
  return (env[name] ?? '') !== ''
}

/** A line of the list of what was supplied: what it is, where, and the variables that replace it. */
export function supplied(what: string, where: string, ...variables: string[]): string {
  return `  ${what.padEnd(12)} ${where.padEnd(46)} ${variables.join(', ')}`.trimEnd()
}
