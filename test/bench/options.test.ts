import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMPILE_CACHE } from '../support/service.ts'

const COMMANDS = {
  bench: { file: 'bench/main.ts', options: ['only', 'rounds', 'seconds', 'warm-up', 'orders', 'profile'] },
  soak: { file: 'bench/soak.ts', options: ['requests', 'clients'] },
  chaos: { file: 'test/chaos/main.ts', options: ['seed', 'rounds', 'clients', 'kills', 'orders'] },
}

describe('What is run by hand says what it takes', () => {
  for (const [name, { file, options }] of Object.entries(COMMANDS)) {
    const run = (...args: string[]) =>
      spawnSync(
        process.execPath,
        ['--import', COMPILE_CACHE, fileURLToPath(new URL(`../../${file}`, import.meta.url)), ...args],
        { encoding: 'utf8' },
      )

    test(`npm run ${name} -- --help names every option, and nothing begins`, () => {
      const { status, stdout, stderr } = run('--help')
      assert.deepEqual([status, stderr], [0, ''])
      assert.match(stdout, new RegExp(`^Usage: npm run ${name} --`))
      assert.deepEqual(
        [...stdout.matchAll(/^ {2}--([a-z-]+) /gm)].map(([, option]) => option),
        options,
      )
    })

    test(`npm run ${name} answers an option that it does not have, or cannot read, with a sentence`, () => {
      for (const wrong of ['--colour=red', `--${options[1]}=many`]) {
        const { status, stderr } = run(wrong)
        assert.equal(status, 2, wrong)
        assert.match(stderr, new RegExp(`^[^\\n]+\\n\\nUsage: npm run ${name} --`))
        assert.doesNotMatch(stderr, /^\s+at /m)
      }
    })
  }
})
