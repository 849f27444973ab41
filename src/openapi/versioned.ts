import type { Content, MediaType } from './open-api.ts'
import { referTo } from './open-api.ts'

/** A representation in one version, by the names of its schema and its examples under `components`. */
export interface VersionedBody {
  readonly version: number
  readonly schema: string
  readonly examples: readonly string[]
}

/** A body in every version: each under a media type of its own, all of them as plain JSON. */
export function versionedContent(type: string, bodies: readonly VersionedBody[]): Content {
  const media = ({ schema, examples }: VersionedBody): MediaType => ({
    schema: referTo('schemas', schema),
    examples: examplesOf(examples),
  })
  return {
    ...Object.fromEntries(
      bodies.map((body) => [`application/vnd.holdfast.${type}+json; version=${body.version}`, media(body)]),
    ),
    'application/json': {
      schema: { anyOf: bodies.map(({ schema }) => referTo('schemas', schema)) },
      examples: examplesOf(bodies.flatMap(({ examples }) => examples)),
    },
  }
}

function examplesOf(names: readonly string[]): NonNullable<MediaType['examples']> {
  return Object.fromEntries(names.map((name) => [name, referTo('examples', name)]))
}

/** A body that has one form. */
export function jsonContent(schema: string, examples: readonly string[]): Content {
  return { 'application/json': { schema: referTo('schemas', schema), examples: examplesOf(examples) } }
}
