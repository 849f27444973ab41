import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))

describe('The compile cache', () => {
  test('is there before anything of the service is loaded, however the service is started', async () => {
    const { scripts } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'))
    const dockerfile = await readFile(join(PROJECT, 'Dockerfile'), 'utf8')
    const [, command = '[]'] = /^CMD (.*)$/m.exec(dockerfile) ?? []
    for (const start of [scripts.serve, scripts.start, scripts.dev, JSON.parse(command).join(' ')]) {
      assert.match(start, /^(?:exec )?node --import \.\/src\/compile-cache\.js /)
    }
  })

  test('holds everything that the second start needs, its own entry among it', async (t) => {
    await start(t)
    const lookups = (await start(t))
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
async function start(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-cache-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  // Into a file: what has no room in a pipe that nobody reads for a moment is lost.
  const said = await open(join(home, 'stderr'), 'w')
  const child = spawn(process.execPath, ['--import', './src/compile-cache.js', 'src/main.ts'], {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
    stdio: ['ignore', 'ignore', said.fd],
  })
  assert.deepEqual(await once(child, 'exit'), [1, null])
  await said.close()
  return await readFile(join(home, 'stderr'), 'utf8')
}
