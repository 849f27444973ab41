import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { domainToASCII, domainToUnicode } from 'node:url'
import fc from 'fast-check'
import { parsePatch } from '#plugins/json-patch.ts'
import { createEmail } from '#src/dependencies/email.ts'
import { patchedUser } from '#src/users/patchable.ts'
import { keepableClaims, type User } from '#src/users/user.ts'
import { CONTEXT } from './dependencies/call-failure.ts'
import { startFakeSmtp } from './dependencies/fake-smtp.ts'

const USER: User = {
  id: 'zoe',
  name: null,
  email: null,
  avatarUrl: null,
  preferences: {},
  revision: 1,
  createdAt: new Date(0),
  updatedAt: new Date(0),
}

function patchTakes(email: string): boolean {
  try {
    patchedUser(USER, parsePatch('application/merge-patch+json', { email }), new Date())
    return true
  } catch {
    return false
  }
}

const claimTakes = (email: string) => keepableClaims({ name: null, email }).email !== null

const long = (length: number) => 'x'.repeat(length)

const good = [
  'a@b.c',
  'a@localhost',
  'Zoë.Größe+shop@example.co.uk',
  'ü@ü.de',
  'a@bücher.example',
  '用户@例え.テスト',
  'i@i❤.ws',
  'a@xn--bcher-kva.example',
  "o'neil/dept=1?x#{y}|~^`$%&*!@b.c",
  '=?utf-8?q?x?=@b.c',
  'a@1and1.com',
  'a@a--b.7up',
  'a@B.C',
  `${long(64)}@b.c`,
  `${'ü'.repeat(32)}@b.c`,
  `a@${long(63)}.c`,
  `a@${[long(63), long(63), long(63), long(60)].join('.')}`,
]

const bad = [
  '',
  'a',
  '@',
  'a@',
  '@b.c',
  'a@b@c.d',
  'a@b..c',
  'a@.b',
  'a@b.',
  '.a@b.c',
  'a.@b.c',
  'a..b@c.d',
  'a@-b.c',
  'a@b-.c',
  'a@b.-',
  'a@b_c.d',
  'a@b?c',
  'a@b/c',
  'a@b#c',
  'a@%62.c',
  'a@b／c',
  'a@xn--',
  'a@b.c\u200b',
  'a\u00ad@b.c',
  '\ufeffa@b.c',
  'a@b.c\u2028',
  'a b@c.d',
  'a@b c.d',
  'a@b\u0000.c',
  '\ud800@b.c',
  '"a b"@c.d',
  'a@[127.0.0.1]',
  'a@127.0.0.1',
  'a@1.2.3.256',
  'a@0x7f.1',
  'a@b.1',
  'a@b,c@d.e',
  'a@b;c',
  'Ann <a@b.c>',
  `${long(65)}@b.c`,
  `${'ü'.repeat(32)}x@b.c`,
  `a@${long(64)}.c`,
  `a@${[long(63), long(63), long(63), long(61)].join('.')}`,
  // Few characters here, and more than a path can have once they are written in ASCII.
  `${long(64)}@${Array.from({ length: 20 }, () => 'ü').join('.')}.${long(63)}.${long(63)}`,
]

describe('A patch and a token are of one mind', () => {
  for (const address of good) {
    test(`${JSON.stringify(address)} is an address`, () => {
      assert.deepEqual([patchTakes(address), claimTakes(address)], [true, true])
    })
  }

  for (const address of bad) {
    test(`${JSON.stringify(address)} is none`, () => {
      assert.deepEqual([patchTakes(address), claimTakes(address)], [false, false])
    })
  }
})

const odd = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('a', 'Z', '7', '.', '-', 'ü', '例', '。', 'xn--', '0x', '😀') },
    fc.constantFrom(
      '@',
      ' ',
      '?',
      '/',
      '%61',
      '"',
      '\\',
      '<',
      '(',
      '_',
      '\u00ad',
      '\u200d',
      '．',
      '／',
      '\u0301',
    ),
    fc.string({ unit: 'binary', maxLength: 2 }),
  ),
  { minLength: 1, maxLength: 6 },
)

test('What is taken for an address is mailed to, as it was written', async (t) => {
  const fake = await startFakeSmtp(t, {})
  const email = createEmail({ url: `smtp://${fake.address}`, from: 'orders@example.com' })
  t.after(() => email.close())

  const isMailed = async (address: string) => {
    fake.commands.length = 0
    await email.send({ to: address, subject: 'x', text: 'x', messageId: 'x@holdfast' }, CONTEXT)
    const [localPart, domain = ''] = address.split('@')
    // A name beyond ASCII goes out in the form that the server's extensions and the local part call for.
    const forms = [domainToASCII(domain), domainToUnicode(domain)].map(
      (one) => `RCPT TO:<${localPart}@${one}>`,
    )
    const sent = fake.commands.filter((command) => command.startsWith('RCPT'))
    assert.ok(sent.length === 1 && forms.includes(sent[0] ?? ''), `${JSON.stringify(address)}: ${sent}`)
  }

  for (const address of good) await isMailed(address)
  let taken = 0
  const address = fc.tuple(odd, odd).map((parts) => parts.map((part) => part.join('')).join('@'))
  await fc.assert(
    fc.asyncProperty(address, async (text) => {
      assert.equal(patchTakes(text), claimTakes(text))
      if (!patchTakes(text)) return
      taken++
      await isMailed(text)
    }),
    { numRuns: 2_000 },
  )
  assert.ok(taken > 50, `${taken} were taken`)
})
