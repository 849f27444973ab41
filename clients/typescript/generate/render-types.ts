import { compile, type JSONSchema } from 'json-schema-to-typescript'
import { parse } from 'yaml'
import { isObject, type Json, prepare, type Schemas } from './prepare.ts'

const HEAD = '// Written by `npm run openapi` from openapi.yaml. Changes made by hand are lost.\n\n'

/**
 * TypeScript for the schemas that a client meets: every representation by version, every problem by slug.
 *
 * @throws Error if the document has no schemas, or a version lacks a representation that another one has
 */
export async function renderTypes(openapi: string): Promise<string> {
  const schemas = schemasOf(parse(openapi))
  const { definitions, problems, versions } = prepare(schemas)
  const root: JSONSchema = JSON.parse(JSON.stringify({ definitions, type: 'object' }))
  const types = await compile(root, 'Root', {
    additionalProperties: false,
    bannerComment: '',
    customName: (_schema, name) => name,
    ignoreMinAndMaxItems: true,
    unknownAny: true,
    unreachableDefinitions: true,
    style: { semi: false, singleQuote: true, printWidth: 110, trailingComma: 'all' },
  })
  const ours = types
    .replace('export interface Root {}\n', '')
    .replaceAll(/\/\*\*\n \* This interface was referenced by `Root`'s JSON-Schema\n.*\n \*\/\n/g, '')
    .replaceAll(/ \*\n \* This interface was referenced by `Root`'s JSON-Schema\n.*\n/g, '')
  return `${HEAD}${ours.trim()}\n\n${renderVersions(versions)}\n${renderProblems(problems)}`
}

function renderVersions(versions: Map<number, string[]>): string {
  const [first = []] = versions.values()
  const blocks = [...versions].map(([version, names]) => {
    if (names.join() !== first.join())
      throw new Error(`version ${version} has ${names}, and another ${first}`)
    const members = names.map((name) => `    ${name}: ${name}V${version}`)
    return `  ${version}: {\n${members.join('\n')}\n  }\n`
  })
  return `/** What each version of the interface reads and writes. */\nexport interface Representations {\n${blocks.join('')}}\n`
}

function renderProblems(problems: Map<string, string>): string {
  const members = [...problems].map(([slug, name]) => `  '${slug}': ${name}\n`)
  const slugs = [...problems.keys()].map((slug) => `  '${slug}',\n`)
  return `/** Every problem that the service answers with, by the end of its \`type\`. */
export interface Problems {
${members.join('')}}

/** The slugs of {@link Problems}, at run time. */
export const problemSlugs = [
${slugs.join('')}] as const satisfies readonly (keyof Problems)[]
`
}

function schemasOf(document: Json): Schemas {
  const components = isObject(document) ? document.components : undefined
  const schemas = isObject(components) ? components.schemas : undefined
  if (!isObject(schemas)) throw new Error('openapi.yaml has no schemas')
  return schemas
}
