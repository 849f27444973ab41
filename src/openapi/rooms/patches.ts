import { type TObject, type TSchema, Type } from 'typebox'
import type { Content, Example, Schema } from '../open-api.ts'
import { referTo } from '../open-api.ts'

/** Patch documents: RFC 6902 by one schema, RFC 7396 by one for each resource. */

const Pointer = Type.String({
  pattern: '^(?:/(?:[^~/]|~[01])*)*$',
  description: 'JSON pointer (RFC 6901) into the resource.',
})

const operation = <P extends Record<string, TSchema>>(title: string, names: string[], members: P) =>
  Type.Object(
    { op: Type.Enum(names, { type: 'string' }), path: Pointer, ...members },
    { title, additionalProperties: true },
  )

export const patchSchemas: Readonly<Record<string, Schema>> = {
  JsonPatch: Type.Array(
    Type.Union([
      operation('With a value', ['add', 'replace', 'test'], { value: Type.Unknown() }),
      operation('With a source', ['move', 'copy'], { from: Pointer }),
      operation('Alone', ['remove'], {}),
    ]),
    {
      title: 'JSON Patch',
      description: 'Operations, applied in their order, all of them or none (RFC 6902).',
      maxItems: 100,
    },
  ),
}

/** The two forms of a patch for a resource, by the names of schema and examples under `components`. */
export function patchContent(resource: string): Content {
  const media = (schema: string, example: string) => ({
    schema: referTo('schemas', schema),
    examples: { [example]: referTo('examples', example) },
  })
  return {
    'application/json-patch+json': media('JsonPatch', `${resource}JsonPatch`),
    'application/merge-patch+json': media(`${resource}MergePatch`, `${resource}MergePatch`),
  }
}

export function patchExamples(
  resource: string,
  operations: unknown,
  merge: unknown,
): Record<string, Example> {
  return {
    [`${resource}JsonPatch`]: { summary: 'Operations', value: operations },
    [`${resource}MergePatch`]: { summary: 'What should be', value: merge },
  }
}

export const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])

/** A part of an object in a merge patch: what is named changes, and `null` removes what can be without. */
export function mergePart(whole: TObject): TObject {
  const required = new Set<string>(whole.required)
  return Type.Object(
    Object.fromEntries(
      Object.entries(whole.properties).map(([name, schema]) => [
        name,
        Type.Optional(required.has(name) ? schema : nullable(schema)),
      ]),
    ),
    { additionalProperties: false },
  )
}
