import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

describe('The compile cache', () => {
  test('is there before anything of the service is loaded, however the service is started', async () => {
    const { scripts } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'))
    const dockerfile = await readFile(join(PROJECT, 'Dockerfile'), 'utf8')
    const [, command = '[]'] = /^CMD (.*)$/m.exec(dockerfile) ?? []
    for (const start of [scripts.serve, scripts.start, scripts.dev, JSON.parse(command).join(' ')]) {
      assert.match(start, /^(?:exec )?node --import \.\/src\/compile-cache\.js /)
    }
  })

  test('holds everything that the second start needs, its own entry among it', async () => {
    await start()
    const lookups = (await start())
      .split('\n')
      .filter((line) => line.includes('for StrippedTypeScript file:'))
    const looked = lookups.filter((line) => line.includes('retrieving transpile cache'))
    assert.ok(looked.some((line) => line.includes('/src/main.ts')))
    assert.ok(looked.length > 100, `${looked.length} modules`)
    assert.deepEqual(
      looked.filter((line) => !line.endsWith('success')),
      [],
    )
  })
})

/** @returns what Node says of its cache: the service misses its settings, says so and ends */
async function start(): Promise<string> {
  const args = ['--import', './src/compile-cache.js', 'src/main.ts']
  const env = { PATH: process.env.PATH, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }
  const ended = run(process.execPath, args, { cwd: PROJECT, env, maxBuffer: 2 ** 26 })
  const { code, stderr } = await ended.then(
    () => assert.fail('it should not start without settings'),
    (error: unknown) => Object(error),
  )
  assert.equal(code, 1)
  return stderr
}
