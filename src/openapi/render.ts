import { stringify } from 'yaml'
import type { OpenApiDocument } from './open-api.ts'

const head = '# Written by `npm run openapi` from the schemas that the service runs on.\n'

const format = {
  aliasDuplicateObjects: false,
  blockQuote: 'literal',
  lineWidth: 0,
  // Many tools still read YAML 1.1, to which a bare NO, the country, is false, and a bare time no string.
  compat: 'yaml-1.1',
} as const

/** The document as it is kept with the source and served. The same document gives the same text. */
export function renderYaml(document: OpenApiDocument): string {
  // TypeBox schemas carry members that do not enumerate; what JSON says is what is meant.
  const plain: unknown = JSON.parse(renderJson(document))
  return head + stringify(plain, format)
}

export function renderJson(document: OpenApiDocument): string {
  return JSON.stringify(document)
}
