import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { suite, test } from 'node:test'
import { operations } from '../openapi/document.ts'
import { fillIn, parseHttpFile } from '../support/http-file.ts'
import { createDatabase } from '../support/postgres.ts'
import { eventually } from '../support/shop.ts'
import { place } from './started.ts'

const file = parseHttpFile(await readFile(new URL('../../docs/try-it.http', import.meta.url), 'utf8'))

suite('docs/try-it.http', () => {
  test('tries every operation of the public interface', () => {
    const tried = file.requests
      .filter(({ url }) => url.startsWith('{{api}}'))
      .map(({ method, url }) => `${method} ${url.replace('{{api}}', '').replace(/\?.*/, '')}`)
    const untried = operations
      .map(({ name }) => name)
      .filter((name) => {
        const pattern = new RegExp(`^${name.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
        return !tried.some((one) => pattern.test(one))
      })
    assert.deepEqual(untried, [])
  })

  test('gets from a fresh `npm start`, from top to bottom, what it says that it gets, and the same when it is run again', async (t) => {
    const run = (await place(t)).start({ DATABASE_URL: await createDatabase(t) })
    const said = await run.until('Ctrl-C stops all of it.')
    const at = (place: string) => new RegExp(`${place} +(http\\S+)$`, 'm').exec(said)?.[1] ?? ''
    const variables = new Map([
      ...file.variables,
      ['api', at('API')],
      ['operations', at('dashboard')],
      ['sandbox', at('sandbox')],
      ['token', /^eyJ\S+$/m.exec(said)?.[0] ?? ''],
    ])
    const answers = new Map<string, { headers: Headers; text: string }>()
    const fill = (text: string) => fillIn(text, variables, answers)
    const twice = [...file.requests, ...file.requests]

    for (const { title, name, method, url, headers, body, status, expected } of twice) {
      const send = async () => {
        const answer = await fetch(fill(url), {
          method,
          headers: headers.map(([header, value]): [string, string] => [header, fill(value)]),
          ...(body === undefined ? {} : { body: fill(body) }),
        })
        // A machine that is busy sheds what can wait. None of these expects that, so each is sent again.
        return answer.status !== 503 && { answer, text: await answer.text() }
      }
      const { answer, text } = await eventually(title, send)
      assert.equal(answer.status, status, `${title}: ${text}`)
      for (const [header, value] of expected) assert.equal(answer.headers.get(header), value, title)
      if (name !== undefined) answers.set(name, { headers: answer.headers, text })
    }
  })
})
