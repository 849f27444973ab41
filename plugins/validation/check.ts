/** Where in the value the check stands, and where it says what is wrong there. */
export interface Findings {
  /** Member names and indexes from the root; checks push and pop it as they go down and up. */
  readonly path: (string | number)[]
  /** Notes a violation at `path`, or at a child of it: "must be an integer". */
  report(detail: string, child?: string): void
  /** Whether so much is wrong by now that nobody would read more. */
  isFull(): boolean
}

/** Looks at a value, and reports everything that is wrong with it. */
export type Check = (value: unknown, findings: Findings) => void

/** A keyword's value in a schema; TypeBox schemas are JSON Schema with keys that do not enumerate. */
export function keyword(schema: object, name: string): unknown {
  return Object.hasOwn(schema, name) ? Reflect.get(schema, name) : undefined
}

export function numberKeyword(schema: object, name: string): number | undefined {
  const value = keyword(schema, name)
  return typeof value === 'number' ? value : undefined
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** "1 item", "2 items". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
