import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import PostalMime from 'postal-mime'
import { createEmail } from '#src/dependencies/email.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { createFakeTime } from '../plugins/fake-time.ts'
import { CONTEXT, callFailure, FAST, wordsOf } from './call-failure.ts'
import { closedPort, until } from './fake-server.ts'
import { type Script, startFakeSmtp } from './fake-smtp.ts'

const MAIL = {
  to: 'ada@example.com',
  subject: 'Your order',
  text: 'Thank you.\n.\nThe end.',
  messageId: 'paid.ord_1@holdfast',
}

function connect(t: TestContext, url: string, policy: object = FAST) {
  const email = createEmail({ url, from: 'Holdfast <orders@example.com>', policy })
  t.after(() => email.close())
  return email
}

async function setUp(t: TestContext, script: Script, ...more: Script[]) {
  const fake = await startFakeSmtp(t, script, ...more)
  return { fake, email: connect(t, `smtp://user:password@${fake.address}`) }
}

test('a mail arrives as it was written, from the sender, under its Message-ID', async (t) => {
  const { fake, email } = await setUp(t, {})
  await email.send({ ...MAIL, subject: 'Grüße: 50 % ✓' }, CONTEXT)
  const mail = await PostalMime.parse(fake.messages[0] ?? '')
  assert.deepEqual(mail.from, { name: 'Holdfast', address: 'orders@example.com' })
  assert.deepEqual(mail.to, [{ name: '', address: 'ada@example.com' }])
  assert.equal(mail.subject, 'Grüße: 50 % ✓')
  assert.equal(mail.messageId, '<paid.ord_1@holdfast>')
  assert.match(fake.messages[0] ?? '', /^X-Request-Id: req-42\r$/im)
  assert.match(mail.text ?? '', /^Thank you\.\n\.+\nThe end\./)
})

test('connections are used again', async (t) => {
  const { fake, email } = await setUp(t, {})
  for (let i = 0; i < 5; i++) await email.send(MAIL, CONTEXT)
  assert.equal(fake.messages.length, 5)
  assert.equal(fake.conversations(), 1)
})

describe('nothing can be smuggled into a header', () => {
  test('through the subject', async (t) => {
    const { fake, email } = await setUp(t, {})
    await email.send({ ...MAIL, subject: 'Hi\r\nBcc: eve@example.com\r\n\r\nbody\u0000\u2028x' }, CONTEXT)
    const mail = await PostalMime.parse(fake.messages[0] ?? '')
    assert.equal(mail.bcc, undefined)
    assert.equal(mail.subject, 'Hi Bcc: eve@example.com body x')
    assert.equal(fake.commands.filter((command) => command.startsWith('RCPT')).length, 1)
  })

  for (const to of [
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com, eve@example.com',
    'ada@example.com> SIZE=1\r\nRCPT TO:<eve@example.com',
    'Ada <ada@example.com>',
    'group: ada@example.com;',
    'ada@example.com\u0000',
    'ada@eve@example.com',
    'ada',
    '',
  ]) {
    test(`through the address ${JSON.stringify(to)}`, async (t) => {
      const { fake, email } = await setUp(t, {})
      assert.equal((await callFailure(email.send({ ...MAIL, to }, CONTEXT))).reason, 'permanent')
      assert.equal(fake.commands.length, 0)
    })
  }

  test('through the Message-ID', async (t) => {
    const { email } = await setUp(t, {})
    const messageId = 'a@b>\r\nBcc: eve@example.com'
    assert.equal((await callFailure(email.send({ ...MAIL, messageId }, CONTEXT))).reason, 'permanent')
  })
})

describe('a 5xx is permanent', () => {
  for (const [name, script] of [
    ['of the recipient', { rcpt: '550 5.1.1 no such user' }],
    ['of the sender', { mail: '553 who are you' }],
    ['of the message', { taken: '554 5.7.1 looks like spam' }],
    ['to the greeting', { greeting: '554 no mail here' }],
  ] satisfies [string, Script][]) {
    test(name, async (t) => {
      const { fake, email } = await setUp(t, script)
      const failure = await callFailure(email.send(MAIL, CONTEXT))
      assert.deepEqual(
        [failure.reason, failure.outcomeUnknown, fake.conversations()],
        ['permanent', false, 1],
      )
      assert.equal(email.policy.snapshot().state, 'closed')
    })
  }

  test('and its reason can be read', async (t) => {
    const { email } = await setUp(t, { rcpt: '550 5.1.1 no such user' })
    assert.match(wordsOf(await callFailure(email.send(MAIL, CONTEXT))), /550 .*RCPT TO.*5\.1\.1 no such user/)
  })

  test('to the login, and the password stands nowhere', async (t) => {
    const { email } = await setUp(t, { auth: '535 not with user/password' })
    const failure = await callFailure(email.send(MAIL, CONTEXT))
    assert.equal(failure.reason, 'permanent')
    assert.doesNotMatch(wordsOf(failure), /password|dXNlcg|AHVzZXI/)
  })
})

describe('transient, and tried once more', () => {
  for (const [name, script] of [
    ['a greylisted recipient', { rcpt: '451 4.7.1 come back later' }],
    ['a server shutting down', { greeting: '421 closing' }],
    ['a message put off', { taken: '452 out of room' }],
  ] satisfies [string, Script][]) {
    test(name, async (t) => {
      const { fake, email } = await setUp(t, script)
      const failure = await callFailure(email.send(MAIL, CONTEXT))
      assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['transient', false, 2])
      assert.equal(fake.deliveries(), 2)
    })

    test(`${name}, once`, async (t) => {
      const { email, fake } = await setUp(t, script, {})
      await email.send(MAIL, CONTEXT)
      assert.match(fake.messages.at(-1) ?? '', /<paid\.ord_1@holdfast>/)
    })
  }

  test('a refused connection, known to be nothing', async (t) => {
    const email = connect(t, `smtp://127.0.0.1:${await closedPort()}`)
    const failure = await callFailure(email.send(MAIL, CONTEXT))
    assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['transient', false, 2])
  })
})

describe('transient, and left to the queue, for the mail may have been taken', () => {
  for (const [name, script] of [
    ['a connection reset', { mail: (socket) => socket.resetAndDestroy() }],
    ['a connection closed before the greeting', { greeting: (socket) => socket.destroy() }],
    ['a reply lost after the message was taken', { taken: (socket) => socket.destroy() }],
    ['something that is no SMTP', { greeting: 'HTTP/1.1 400 Bad Request' }],
  ] satisfies [string, Script][]) {
    test(name, async (t) => {
      const { fake, email } = await setUp(t, script)
      const failure = await callFailure(email.send(MAIL, CONTEXT))
      assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['transient', true, 1])
      assert.equal(fake.deliveries(), 1)
    })
  }
})

test('a server that lets strangers wait before it greets is heard until shortly before the deadline', async (t) => {
  const greeting = (socket: Socket) => void setTimeout(() => socket.write('220 at last\r\n'), 3_500)
  const fake = await startFakeSmtp(t, { greeting })
  // What follows the greeting is on a clock that stands still.
  const policy = { ...FAST, time: createFakeTime(), deadlineMs: 6_000, retries: 0 }
  await connect(t, `smtp://${fake.address}`, policy).send(MAIL, CONTEXT)
  assert.deepEqual([fake.conversations(), fake.messages.length], [1, 1])
})

test('one that has not greeted by then is known to have taken nothing', async (t) => {
  const fake = await startFakeSmtp(t, { greeting: undefined })
  const policy = { ...FAST, time: createFakeTime(), deadlineMs: 1_000, retries: 0 }
  const failure = await callFailure(connect(t, `smtp://${fake.address}`, policy).send(MAIL, CONTEXT))
  assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['transient', false, 1])
})

test('a server that takes ten seconds to confirm a mail is given it once', async (t) => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>()
  const fake = await startFakeSmtp(t, {
    taken: (socket) => void told.then(() => socket.write('250 taken\r\n')),
  })
  const time = createFakeTime()
  const call = connect(t, `smtp://${fake.address}`, { time }).send(MAIL, CONTEXT)
  await until(() => fake.messages.length === 1, 'the message')
  await time.advance(9_990)
  tell()
  await call
  assert.equal(fake.deliveries(), 1)
})

for (const [name, script] of [
  ['instead of a greeting', { greeting: undefined }],
  ['after the message', { taken: undefined }],
] satisfies [string, Script][]) {
  test(`silence ${name} is cut off at the deadline, and unknown`, async (t) => {
    const fake = await startFakeSmtp(t, script)
    const time = createFakeTime()
    const call = callFailure(connect(t, `smtp://${fake.address}`, { ...FAST, time }).send(MAIL, CONTEXT))
    await until(() => fake.conversations() === 1, 'the conversation')
    await time.advance(FAST.deadlineMs)
    const failure = await call
    assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['deadline', true, 1])
    await until(() => fake.closed() === 1, 'a closed socket')
  })
}

test('a cut-off conversation ends its socket, and its neighbour’s goes on', async (t) => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>()
  const patient: Script = { taken: (socket) => void told.then(() => socket.write('250 taken\r\n')) }
  const fake = await startFakeSmtp(t, { data: undefined }, patient)
  const time = createFakeTime()
  const email = connect(t, `smtp://${fake.address}`, { ...FAST, time, deadlineMs: FAST.attemptTimeoutMs })
  const hung = callFailure(email.send(MAIL, CONTEXT))
  await until(() => fake.commands.includes('DATA'), 'the first conversation')
  await time.advance(FAST.attemptTimeoutMs / 2)
  const other = email.send(MAIL, CONTEXT)
  await until(() => fake.messages.length === 1, 'the other message')
  await time.advance(FAST.attemptTimeoutMs / 2)
  assert.equal((await hung).outcomeUnknown, true)
  await until(() => fake.closed() === 1, 'a closed socket')
  assert.equal(fake.conversations(), 2)
  tell()
  await other
})

test('closing ends a conversation that hangs', async (t) => {
  const { fake, email } = await setUp(t, { data: undefined })
  const hung = callFailure(email.send(MAIL, CONTEXT))
  await until(() => fake.commands.includes('DATA'), 'the conversation')
  email.policy.close()
  assert.equal((await hung).reason, 'aborted')
  await email.close()
  await until(() => fake.closed() === 1, 'a closed socket')
})

test('against the sandbox: the mail is in the mailbox', async (t) => {
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, seed: 1 })
  t.after(() => sandbox.close())
  await connect(t, sandbox.smtpUrl).send(MAIL, CONTEXT)
  const mailbox = await (await fetch(`${sandbox.url}/mailbox`)).text()
  assert.match(mailbox, /paid\.ord_1@holdfast/)
})
