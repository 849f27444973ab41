import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import nodemailer from 'nodemailer'
import type { Fault } from '../../sandbox/faults.ts'
import type { Message } from '../../sandbox/mail/mailbox.ts'
import { startSandbox } from '../../sandbox/server.ts'

/** Who sends has more patience than any machine is busy for; `socketTimeout` is for where nothing will come. */
async function start(t: TestContext, fault: Partial<Fault> = {}, socketTimeout = 30_000) {
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, seed: 1, faults: { email: fault } })
  t.after(() => sandbox.close())
  const mailer = nodemailer.createTransport({ url: sandbox.smtpUrl, socketTimeout })
  const send = () =>
    mailer.sendMail({
      from: 'Holdfast <orders@holdfast.example>',
      to: 'Ada <ada@example.com>, bob@example.com',
      subject: 'Your order · bestätigt',
      text: 'Grüße',
      messageId: '<job-1@holdfast.example>',
    })
  const mailbox = async (): Promise<Message[]> =>
    JSON.parse(await (await fetch(`${sandbox.url}/mailbox`)).text())
  return { send, mailbox }
}

describe('the mail stand-in', () => {
  test('lists what it took, decoded', async (t) => {
    const { send, mailbox } = await start(t)
    await send()
    const [{ at, text, ...message } = assert.fail('no mail')] = await mailbox()
    assert.deepEqual(message, {
      from: 'orders@holdfast.example',
      to: ['ada@example.com', 'bob@example.com'],
      subject: 'Your order · bestätigt',
      messageId: '<job-1@holdfast.example>',
    })
    assert.equal(text.trim(), 'Grüße')
    assert.ok(Date.parse(at) <= Date.now())
  })

  test('error and rate-limit are transient refusals', async (t) => {
    const wrong = await start(t, { mode: 'error' })
    await assert.rejects(wrong.send(), { responseCode: 451 })
    assert.deepEqual(await wrong.mailbox(), [])
    const limited = await start(t, { mode: 'rate-limit' })
    await assert.rejects(limited.send(), { responseCode: 450 })
  })

  test('slow takes the message late', async (t) => {
    const { send, mailbox } = await start(t, { mode: 'slow', latencyMs: 100 })
    const begun = performance.now()
    await send()
    assert.ok(performance.now() - begun >= 90)
    assert.equal((await mailbox()).length, 1)
  })

  test('hang and reset take nothing', async (t) => {
    for (const mode of ['hang', 'reset'] as const) {
      const { send, mailbox } = await start(t, { mode }, 300)
      await assert.rejects(send())
      assert.deepEqual(await mailbox(), [])
    }
  })

  test('lost-response takes the message and does not say so', async (t) => {
    const { send, mailbox } = await start(t, { mode: 'lost-response' })
    await assert.rejects(send())
    assert.equal((await mailbox()).length, 1)
  })
})
