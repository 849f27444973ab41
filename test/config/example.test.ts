import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import { renderExample } from '#src/config/example.ts'
import { variables } from '#src/config/variables.ts'
import { readConfig } from '#src/config.ts'

test('.env.example is what the schema says', async () => {
  assert.equal(await readFile(new URL('../../.env.example', import.meta.url), 'utf8'), renderExample())
})

test('every variable stands in the example, and its values can be used', () => {
  const env = parseEnv(renderExample().replace(/^# (?=[A-Z0-9_]+=)/gm, ''))
  assert.deepEqual(Object.keys(env).sort(), variables.map(({ name }) => name).sort())
  assert.equal(readConfig(env).emailFrom, 'Holdfast <orders@localhost>')
})

test('every variable says what it is for, what is allowed, and an example that is allowed', () => {
  const examples = Object.fromEntries(variables.map(({ name, example }) => [name, example]))
  // The examples are those of production, in which there is no sandbox.
  assert.equal(readConfig({ ...examples, SANDBOX_URL: '' }).opsHost, '10.0.0.5')
  assert.equal(readConfig({ ...examples, NODE_ENV: 'test' }).sandboxUrl, 'http://127.0.0.1:3002')
  for (const { name, allowed, description } of variables) {
    assert.ok(allowed !== '' && description !== '', `${name} explains itself`)
  }
})
