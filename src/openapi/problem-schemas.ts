import { Type } from 'typebox'
import { Problem, renderProblem } from '#plugins/problem-details.ts'
import { type ProblemDefinition, violationSchema } from '../problems/definition.ts'
import { problems } from '../problems.ts'
import { type Example, referTo, type Schema } from './open-api.ts'

const entries: [string, ProblemDefinition][] = Object.entries(problems)

/** Where the types of the examples live. */
const publicUrl = 'https://api.example.com'

const ProblemSchema = Type.Object(
  {
    type: Type.String({
      format: 'uri',
      description: 'Says which problem it is, and leads to a page about it.',
    }),
    title: Type.String({ description: 'The same for every occurrence.' }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.' }),
    detail: Type.String({ description: 'What went wrong this time, for people.' }),
    instance: Type.String({ description: 'The id of the request that first met it.' }),
    extensions: Type.Optional(
      Type.Object(
        {},
        {
          additionalProperties: true,
          description: 'Once more the members that are particular to this type.',
        },
      ),
    ),
  },
  {
    title: 'Problem',
    description: 'What every problem has (RFC 9457). Members beside these are particular to its type.',
    additionalProperties: true,
  },
)

/** A schema for what all problems have in common, and one for each. */
export const problemSchemas: Readonly<Record<string, Schema>> = {
  Problem: ProblemSchema,
  Violation: violationSchema,
  ...Object.fromEntries(
    entries.flatMap(([slug, { members }]) =>
      members === undefined ? [] : [[`${nameOf(slug)}Members`, members]],
    ),
  ),
  ...Object.fromEntries(
    entries.map(([slug, definition]) => [`${nameOf(slug)}Problem`, schemaOf(slug, definition)]),
  ),
}

export const problemExamples: Readonly<Record<string, Example>> = Object.fromEntries(
  entries.map(([slug, definition]) => {
    const { detail, extensions } = definition.example
    const rendered = renderProblem(new Problem(slug, { detail, extensions }), 'b4f9c2d0-example', {
      catalogue: problems,
      publicUrl,
    })
    return [`${nameOf(slug)}Problem`, { summary: definition.title, value: JSON.parse(rendered.body) }]
  }),
)

/** Hosts differ, so a problem is told by how its `type` ends, as a client should tell it too. */
function schemaOf(slug: string, { status, title, meaning, remedy, members }: ProblemDefinition): Schema {
  const name = referTo('schemas', `${nameOf(slug)}Members`)
  return {
    title,
    description: `${meaning}\n\n${remedy}`,
    allOf: [
      referTo('schemas', 'Problem'),
      ...(members === undefined ? [] : [name]),
      {
        type: 'object',
        properties: {
          type: { type: 'string', pattern: `/problems/${slug}$` },
          status: { type: 'integer', const: status },
          ...(members === undefined ? {} : { extensions: name }),
        },
        ...(members?.required?.length ? { required: ['extensions'] } : {}),
      },
    ],
  }
}

/** `not-found` is `NotFound` in the names of components. */
export function nameOf(slug: string): string {
  return slug.replace(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}
