import { Type } from 'typebox'
import { AvatarUrlSchema, EmailSchema, NameSchema, PreferencesSchema } from '../../users/schemas.ts'
import { userVersions } from '../../users/versions.ts'
import { exampleChangedUser, exampleUser, userPatches } from '../examples/users.ts'
import { versionHeaders } from '../headers.ts'
import type { Endpoint, Room } from '../open-api.ts'
import { versionedContent } from '../versioned.ts'
import { nullable, patchContent, patchExamples } from './patches.ts'

const versions = Object.entries(userVersions).map(([key, written]) => ({ version: Number(key), ...written }))

const headers = [...versionHeaders, 'ETag', 'Cache-Control'] as const

function contentOf(example: string) {
  return versionedContent(
    'user',
    versions.map(({ version }) => ({
      version,
      schema: `UserV${version}`,
      examples: [`${example}V${version}`],
    })),
  )
}

const getUser: Endpoint = {
  method: 'get',
  path: '/users/me',
  operationId: 'getUser',
  summary: 'Look at yourself',
  description:
    'What is known of you. Made on first sight from the `sub`, `name` and `email` of your token; yours to change from then on.',
  access: 'bearer',
  versioned: true,
  parameters: ['AcceptVersion', 'IfNoneMatch'],
  answers: {
    200: { description: 'You.', headers, content: contentOf('User') },
    304: { description: 'What the client has is still current.', headers },
  },
  problems: [],
}

const changeUser: Endpoint = {
  method: 'patch',
  path: '/users/me',
  operationId: 'changeUser',
  summary: 'Change what is known of you',
  description: `Changes \`/name\`, \`/email\`, \`/avatarUrl\`, \`/preferences\` and whatever lies below them. They have these names in every version;
the version decides the answer only. A member that is removed becomes \`null\`, and preferences become empty.

The patch is applied whole or not at all, to the state that \`If-Match\` names. A pointer of \`errors\` with \`in: "body"\` points into the
patch, one with \`in: "result"\` into what it would have made. A patch that changes nothing leaves the \`ETag\` as it is.`,
  access: 'bearer',
  versioned: true,
  parameters: ['IfMatch', 'AcceptVersion'],
  body: { description: 'What to change.', required: true, content: patchContent('User') },
  answers: { 200: { description: 'You, as you are now.', headers, content: contentOf('ChangedUser') } },
  problems: ['validation-failed', 'patch-test-failed', 'patch-rejected', 'precondition-required'],
}

export const userRoom: Room = {
  tag: { name: 'Users', description: 'Whoever holds a token. Everybody sees, and changes, only themselves.' },
  schemas: {
    ...Object.fromEntries(versions.map(({ version, schemas }) => [`UserV${version}`, schemas.user])),
    UserMergePatch: Type.Object(
      {
        name: Type.Optional(NameSchema),
        email: Type.Optional(EmailSchema),
        avatarUrl: Type.Optional(AvatarUrlSchema),
        preferences: Type.Optional(nullable(PreferencesSchema)),
      },
      {
        title: 'Merge patch of a user',
        description: 'What is named changes, `null` removes (RFC 7396).',
        additionalProperties: false,
      },
    ),
  },
  examples: {
    ...Object.fromEntries(
      versions.flatMap(({ version, write }) => [
        [`UserV${version}`, { summary: `A user, version ${version}`, value: JSON.parse(write(exampleUser)) }],
        [
          `ChangedUserV${version}`,
          { summary: `The user, changed, version ${version}`, value: JSON.parse(write(exampleChangedUser)) },
        ],
      ]),
    ),
    ...patchExamples('User', userPatches.operations, userPatches.merge),
  },
  endpoints: [getUser, changeUser],
}
