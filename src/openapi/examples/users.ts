import { parsePatch } from '#plugins/json-patch.ts'
import { patchedUser } from '../../users/patchable.ts'
import type { User } from '../../users/user.ts'

export const exampleUser: User = {
  id: 'user-7f3a',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  avatarUrl: 'https://images.example.com/ada.png',
  preferences: { theme: 'dark', newsletter: false },
  revision: 1,
  createdAt: new Date('2026-03-02T10:12:44.902Z'),
  updatedAt: new Date('2026-03-02T10:12:44.902Z'),
}

/** One change in both forms of a patch, and what it makes of the user. */
export const userPatches = {
  operations: [
    { op: 'replace', path: '/email', value: 'countess@example.com' },
    { op: 'add', path: '/preferences/language', value: 'en' },
    { op: 'remove', path: '/avatarUrl' },
  ],
  merge: { email: 'countess@example.com', preferences: { language: 'en' }, avatarUrl: null },
}

export const exampleChangedUser = patchedUser(
  exampleUser,
  parsePatch('application/json-patch+json', userPatches.operations),
  new Date('2026-03-02T10:31:05.217Z'),
)
