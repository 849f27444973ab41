import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { rowsOn } from '../../bench/rows.ts'

test('Every row of the bench is in the table of docs/performance.md, and none that is gone', () => {
  const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8')
  const [, measured = ''] = /## How it is measured\n(.*?)\n## /s.exec(page) ?? []
  const written = [...measured.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  )

  const nowhere = async () => assert.fail('naming the rows needs no database')
  const rows = rowsOn({ about: '', fresh: nowhere, empty: nowhere, copy: nowhere })
  assert.deepEqual(written.sort(), [...new Set(rows.map(({ name }) => name))].sort())
})
