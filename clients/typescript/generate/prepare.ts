export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

export type Schemas = Record<string, Json>

/** Names a schema that belongs to one version: `OrderV2`. */
const VERSIONED = /^(.+)V(\d+)$/
/** What a client sends beside those. */
const CHANGES = ['JsonPatch', 'OrderMergePatch', 'UserMergePatch']
const REFERENCE = '#/components/schemas/'

/**
 * The schemas that a client meets, as json-schema-to-typescript wants them.
 *
 * @throws Error if a problem does not say by the pattern of its `type` which one it is
 */
export function prepare(schemas: Schemas) {
  const problems = new Map<string, string>()
  const versions = new Map<number, string[]>()
  for (const name of Object.keys(schemas).sort()) {
    const [, resource = '', version] = VERSIONED.exec(name) ?? []
    if (version !== undefined)
      versions.set(Number(version), [...(versions.get(Number(version)) ?? []), resource])
  }
  for (const [name, schema] of Object.entries(schemas)) {
    if (name !== 'Problem' && name.endsWith('Problem')) problems.set(slugOf(name, schema), name)
  }
  const wanted = Object.keys(schemas).filter(
    (name) => VERSIONED.test(name) || name.endsWith('Problem') || CHANGES.includes(name),
  )
  const definitions = Object.fromEntries(
    [...reachable(wanted, schemas)].map((name) => [name, convert(schemas[name] ?? null)]),
  )
  return { definitions, problems, versions }
}

/** Names beside `wanted` what those refer to. */
function reachable(wanted: readonly string[], schemas: Schemas): Set<string> {
  const found = new Set(wanted)
  // A set goes on with what is added while it is walked.
  for (const name of found) {
    for (const [, other = ''] of JSON.stringify(schemas[name]).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      found.add(other)
    }
  }
  return found
}

function slugOf(name: string, schema: Json): string {
  const [, slug] = /"pattern":"\/problems\/([a-z-]+)\$"/.exec(JSON.stringify(schema)) ?? []
  if (slug === undefined) throw new Error(`${name} does not say which problem it is`)
  return slug
}

function convert(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(convert)
  if (!isObject(schema)) return schema
  const { $ref, pattern } = schema
  if (typeof $ref === 'string') return { $ref: $ref.replace(REFERENCE, '#/definitions/') }
  const [, slug] = typeof pattern === 'string' ? (/^(\/problems\/[a-z-]+)\$$/.exec(pattern) ?? []) : []
  // Hosts differ; by a template literal the union of all problems is told apart by its `type` too.
  if (slug !== undefined) return { tsType: `\`\${string}${slug}\`` }
  const { properties, additionalProperties } = schema
  // An object that may have any other member would swallow the names of those it is known to have.
  const open = additionalProperties === true && isObject(properties) && Object.keys(properties).length > 0
  const kept = Object.entries(schema).filter(
    // A title would be taken for a name.
    ([name, value]) =>
      !(name === 'title' && typeof value === 'string') && !(name === 'additionalProperties' && open),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, convert(value)]))
}

export function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
