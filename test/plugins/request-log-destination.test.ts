import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { needsFullDevice, openFullDevice } from '../support/full-device.ts'

const DESTINATION = fileURLToPath(new URL('../../plugins/request-log/destination.ts', import.meta.url))

/** A process that does `then`, with a log. */
const processThat = (then: string) => [
  '--input-type=module',
  '-e',
  `import { logDestination } from ${JSON.stringify(DESTINATION)}
   import { once } from 'node:events'
   import { ftruncateSync } from 'node:fs'
   import { setImmediate as turn } from 'node:timers/promises'
   const log = logDestination()
   ${then}`,
]

const logLines = `for (const line of ['one', 'two', 'three']) log.write(line + '\\n')`

/** What a process writes that logs `lines` and then does `after`. */
async function written(after: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, processThat(`${logLines}\n${after}`)).catch(
    (error: { stdout: string }) => error,
  )
  return stdout.split('\n').filter((line) => line !== '')
}

test('The lines of a turn are written in their order', async () => {
  assert.deepEqual(await written(''), ['one', 'two', 'three'])
})

test('What was logged just before the process ends is written', async () => {
  assert.deepEqual(await written('process.exit(3)'), ['one', 'two', 'three'])
})

test('What was logged just before an exception nobody caught is written', async () => {
  assert.deepEqual(await written(`throw new Error('gone')`), ['one', 'two', 'three'])
})

test('What comes faster than a pipe takes it is written to the end', async () => {
  const many = Array.from({ length: 9 }, (_, n) => `${n}`.repeat(100_000))
  const log = `for (let n = 0; n < 9; n++) log.write(String(n).repeat(100_000) + '\\n')`
  assert.deepEqual(await written(log), ['one', 'two', 'three', ...many])
})

/** How a process ends that logs in two turns and exits with 3, once `ready` was done to it. */
async function exitCodeOf(stdout: 'pipe' | number, ready = (_: ChildProcess) => {}) {
  const program = `
    await once(process.stdin.resume(), 'end')
    ${logLines}
    await turn()
    ${logLines}
    process.exit(3)`
  const child = spawn(process.execPath, processThat(program), { stdio: ['pipe', stdout, 'inherit'] })
  ready(child)
  child.stdin?.end()
  const [code] = await once(child, 'exit')
  return code
}

test('A process whose reader is gone goes on, and ends as it would have', async () => {
  assert.equal(await exitCodeOf('pipe', ({ stdout }) => stdout?.destroy()), 3)
})

test('A process whose disk is full goes on, and ends as it would have', needsFullDevice(), async (t) => {
  assert.equal(await exitCodeOf(openFullDevice(t)), 3)
})

test('What a full disk had no room for is counted, and said once when there is some', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-log-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const file = join(home, 'log')
  // Half of the first line has room, and nothing after it; then somebody makes some.
  const program = `
    log.write('a'.repeat(2_000) + '\\n')
    await turn()
    log.write('lost\\nlost\\n')
    await turn()
    log.write('lost\\n')
    await turn()
    ftruncateSync(1, 10)
    log.write('four\\n')
    await turn()
    log.write('five\\n')`
  const limited = 'ulimit -f 1 && log=$0 && exec "$@" >>"$log"'
  await promisify(execFile)('sh', ['-c', limited, file, process.execPath, ...processThat(program)])
  const [half, notice = '', ...rest] = (await readFile(file, 'utf8')).split('\n')
  assert.equal(half, 'a'.repeat(10))
  const { level, time, lost, reason, msg } = JSON.parse(notice)
  assert.deepEqual([level, lost, msg], ['warn', 4, 'lines of the log were lost'])
  assert.match(reason, /^EFBIG/)
  assert.ok(Date.parse(time) <= Date.now())
  assert.deepEqual(rest, ['four', 'five', ''])
})
