import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { desk, startOperations } from '../operations/operator-service.ts'
import { COMPILE_CACHE } from '../support/service.ts'

const SCRIPT = fileURLToPath(new URL('../../src/products/catalogue.ts', import.meta.url))
const line = (id: string) => JSON.stringify({ id, ...desk })

async function run(args: string[], { env = {}, input = '' } = {}) {
  const command = ['--import', COMPILE_CACHE, SCRIPT, ...args]
  const child = spawn(process.execPath, command, { env: { PATH: process.env.PATH, ...env } })
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, out, err }
}

async function file(t: TestContext, content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'catalogue-'))
  t.after(() => rm(directory, { recursive: true }))
  const path = join(directory, 'products.ndjson')
  await writeFile(path, content)
  return path
}

test('a file goes in through the address and token of the environment', async (t) => {
  const { url, store } = await startOperations(t, { opsToken: 'a-token-for-tests' })
  const env = { OPS_PORT: new URL(url).port, OPS_TOKEN: 'a-token-for-tests' }
  const { code, out } = await run(['import', await file(t, `${line('a')}\n${line('b')}\n`)], { env })
  assert.equal(code, 0)
  assert.equal(out, '2 products imported, 0 lines refused\n')
  assert.equal((await store.getMany(['a', 'b'])).length, 2)
})

test('lines that are refused are named, and the exit code is 1', async (t) => {
  const { url } = await startOperations(t)
  const { code, out, err } = await run(['import', '-', '--url', url], { input: `${line('a')}\n{nonsense\n` })
  assert.equal(code, 1)
  assert.equal(out, '1 products imported, 1 lines refused\n')
  assert.equal(err, 'line 2: The line is not JSON: see column 2.\n')
})

test('without the token it says that it was refused, also in the middle of a large file', async (t) => {
  const { url } = await startOperations(t, { opsToken: 'a-token-for-tests' })
  const large = await file(t, `${line('a')}\n`.repeat(200_000))
  const { code, err } = await run(['import', large, '--url', url])
  assert.equal(code, 1)
  assert.match(err, /refused with 401|hung up/)
})

test('what cannot be reached, read or understood is said in a sentence', async (t) => {
  const some = await file(t, `${line('a')}\n`)
  const nobody = await run(['import', some, '--url', 'http://127.0.0.1:9'])
  assert.equal(nobody.code, 1)
  assert.match(nobody.err, /127\.0\.0\.1:9 cannot be reached.*Is the service running/)
  const missing = await run(['import', `${some}.missing`])
  assert.equal(missing.code, 1)
  assert.match(missing.err, /no such file/)
  assert.match(missing.err, /products\.ndjson\.missing cannot be read/)
  // Nobody is asked, so it does not matter that nobody is there.
  const directory = await run(['import', dirname(some), '--url', 'http://127.0.0.1:9'])
  assert.equal(directory.code, 1)
  assert.equal(directory.err, `${dirname(some)} cannot be read: it is a directory\n`)
  for (const args of [[], ['export'], ['import'], ['import', some, '--colour']]) {
    const { code, err } = await run(args)
    assert.equal(code, 1)
    assert.match(err, /Usage: npm run catalogue/)
  }
  const bad = await run(['import', some], { env: { OPS_PORT: 'x' } })
  assert.match(bad.err, /OPS_PORT is "x"/)
  for (const { err } of [nobody, missing, directory, bad]) assert.doesNotMatch(err, /\n {4}at /)
})
