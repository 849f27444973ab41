import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import specTests from 'json-patch-test-suite/spec_tests.json' with { type: 'json' }
import tests from 'json-patch-test-suite/tests.json' with { type: 'json' }
import { applyPatch, parsePatch } from '#plugins/json-patch.ts'
import { Problem } from '#plugins/problem-details.ts'

/** The public suite of github.com/json-patch/json-patch-tests, which every implementation is held against. */
interface Case {
  comment?: string
  doc: unknown
  patch: unknown
  expected?: unknown
  error?: string
  disabled?: boolean
}

const whole = { patchable: [''] }

const files: Record<string, Case[]> = { 'tests.json': enabled(tests), 'spec_tests.json': enabled(specTests) }

for (const [file, cases] of Object.entries(files)) {
  suite(`Every case of the public suite's ${file}`, () => {
    for (const [number, { comment, doc, patch, ...outcome }] of cases.entries()) {
      test(`${number}: ${comment ?? outcome.error ?? 'it applies'}`, () => {
        const before = structuredClone(doc)
        const apply = () => applyPatch(doc, parsePatch('application/json-patch+json', patch), whole)
        if (outcome.error === undefined) {
          const result = apply()
          if ('expected' in outcome) assert.deepEqual(result, outcome.expected)
        } else assert.throws(apply, Problem)
        assert.deepEqual(doc, before, 'the document itself stays as it was')
      })
    }
  })
}

test('The public suite is there, and not a remainder of it', () => {
  const cases = Object.values(files).flat()
  assert.ok(cases.length > 90, `${cases.length} cases`)
})

/** Disabled upstream are a member named twice, which JSON.parse does not see, and whole documents of disputed shape. */
function enabled(cases: Case[]): Case[] {
  return cases.filter(({ disabled }) => disabled !== true)
}
