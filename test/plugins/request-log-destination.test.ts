import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const DESTINATION = fileURLToPath(new URL('../../plugins/request-log/destination.ts', import.meta.url))

/** What a process writes that logs `lines` and then does `after`. */
async function written(after: string): Promise<string[]> {
  const program = `
    import { logDestination } from ${JSON.stringify(DESTINATION)}
    const log = logDestination()
    for (const line of ['one', 'two', 'three']) log.write(line + '\\n')
    ${after}
  `
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    program,
  ]).catch((error: { stdout: string }) => error)
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
