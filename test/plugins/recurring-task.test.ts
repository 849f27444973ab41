import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import { recurringTask } from '#plugins/recurring-task.ts'
import { eventually } from '../support/shop.ts'

test('A task that fails is said once until its error changes, and once that it works again', async (t) => {
  const outcomes = [
    'no bread',
    'no bread',
    'no bread',
    'no wine',
    'no bread',
    undefined,
    undefined,
    'no bread',
  ]
  const said: string[] = []
  const app = fastify({
    logger: {
      stream: {
        write(line: string) {
          const { level, task, msg, err } = JSON.parse(line)
          said.push(`${level} ${task}: ${msg}${err === undefined ? '' : `: ${err.message}`}`)
        },
      },
    },
  })
  t.after(() => app.close())
  let runs = 0
  const run = async () => {
    const outcome = outcomes[runs++]
    if (outcome !== undefined) throw new Error(outcome)
  }
  await app.register(recurringTask, { task: 'supper', everyMs: 1, run })
  await app.ready()
  await eventually('all of them', () => runs > outcomes.length)
  await app.close()
  assert.deepEqual(said, [
    '40 supper: a recurring task failed: no bread',
    '40 supper: a recurring task failed: no wine',
    '40 supper: a recurring task failed: no bread',
    '30 supper: a recurring task works again',
    '40 supper: a recurring task failed: no bread',
    '30 supper: a recurring task works again',
  ])
})
