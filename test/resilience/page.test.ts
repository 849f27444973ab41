import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { FAULTS } from './faulty-http.ts'
import { type Dependency, MATRIX } from './matrix.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const tests = read('matrix-dependencies.test.ts') + read('matrix-database.test.ts')
const DEPENDENCIES: Dependency[] = ['payment', 'inventory', 'email', 'database']

describe('The matrix of docs/resilience.md', () => {
  const section = read('../../docs/resilience.md').split('## The matrix')[1]?.split('\n## ')[0] ?? ''

  for (const dependency of DEPENDENCIES) {
    test(`says of ${dependency} what its tests show, a row for each fault`, () => {
      const table = section.split(`### When ${dependency} `)[1]?.split('\n### ')[0] ?? ''
      const rows = [...table.matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) => row.split(' | ')).slice(1)
      assert.deepEqual(
        rows,
        FAULTS.map((fault) => {
          const { sees, becomes, heals } = MATRIX[dependency][fault]
          return [fault, sees, becomes, heals]
        }),
      )
    })

    test(`has a test for every cell of ${dependency}`, () => {
      for (const fault of FAULTS) {
        const generic = tests.includes(`test(\`${dependency} × \${fault}\``)
        const own = dependency === 'database' && tests.includes(`cell('${fault}'`)
        assert.ok(dependency === 'database' ? own : generic, `${dependency} × ${fault}`)
      }
    })
  }
})
