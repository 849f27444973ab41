import { Type } from 'typebox'
import { type ProblemSlug, problems } from '../../problems.ts'
import type { Content, Endpoint, Room } from '../open-api.ts'
import { problemExamples } from '../problem-schemas.ts'
import { jsonContent } from '../versioned.ts'

const typeMembers = {
  type: Type.String({ format: 'uri', description: 'What stands as `type` of such a problem.' }),
  slug: Type.String({ description: 'The last segment of it.' }),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  title: Type.String(),
  detail: Type.String({
    description: 'The `detail` of an occurrence that has nothing more particular to say.',
  }),
  meaning: Type.String({ description: 'What it means.' }),
  remedy: Type.String({ description: 'What to do about it.' }),
  retryable: Type.Boolean({ description: 'Whether the very same request can succeed later.' }),
}

const anything = (description: string) => Type.Object({}, { additionalProperties: true, description })

const schemas = {
  ProblemType: Type.Object(typeMembers),
  ProblemTypeList: Type.Object({ problems: Type.Array(Type.Object(typeMembers)) }),
  ProblemTypeWithExample: Type.Object({
    ...typeMembers,
    members: Type.Optional(anything('JSON Schema of its extension members.')),
    example: anything('The body of an answer with this problem.'),
  }),
}

const page: Content = {
  'text/html': { schema: { type: 'string', description: 'A page for people.' } },
}
const headers = ['Cache-Control'] as const

const listProblems: Endpoint = {
  method: 'get',
  path: '/problems',
  operationId: 'listProblems',
  summary: 'List the kinds of problems',
  description:
    'Every kind of problem that this service answers with: a page for a browser, JSON for a program.',
  access: 'public',
  versioned: false,
  parameters: [],
  answers: {
    200: {
      description: 'The problems, by status.',
      headers,
      content: { ...jsonContent('ProblemTypeList', ['ProblemTypeList']), ...page },
    },
  },
  problems: [],
}

const getProblem: Endpoint = {
  method: 'get',
  path: '/problems/{slug}',
  operationId: 'getProblem',
  summary: 'Read about a kind of problem',
  description:
    "What a problem's `type` leads to: what it means, what to do about it, and what it looks like.",
  access: 'public',
  versioned: false,
  parameters: ['ProblemSlug'],
  answers: {
    200: {
      description: 'What there is to know about it.',
      headers,
      content: { ...jsonContent('ProblemTypeWithExample', ['ProblemTypeWithExample']), ...page },
    },
  },
  problems: ['not-found'],
}

function typeOf(slug: ProblemSlug) {
  const { status, title, detail, meaning, remedy, retryable } = problems[slug]
  const type = `https://api.example.com/problems/${slug}`
  return { type, slug, status, title, detail, meaning, remedy, retryable }
}

export const problemRoom: Room = {
  tag: {
    name: 'Problems',
    description: 'What can go wrong, and what to do about it. Every `type` of a problem leads here.',
  },
  schemas,
  examples: {
    ProblemTypeList: {
      summary: 'The first two of the list',
      value: { problems: [typeOf('validation-failed'), typeOf('malformed-request')] },
    },
    ProblemTypeWithExample: {
      summary: 'What a declined payment is',
      value: {
        ...typeOf('payment-declined'),
        members: problems['payment-declined'].members,
        example: problemExamples.PaymentDeclinedProblem?.value,
      },
    },
  },
  endpoints: [listProblems, getProblem],
}
