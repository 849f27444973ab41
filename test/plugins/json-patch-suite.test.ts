import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
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

for (const file of ['tests.json', 'spec_tests.json']) {
  const cases = await readCases(file)
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

test('The public suite is there, and not a remainder of it', async () => {
  const cases = [...(await readCases('tests.json')), ...(await readCases('spec_tests.json'))]
  assert.ok(cases.length > 90, `${cases.length} cases`)
})

/** Disabled upstream are only cases that JSON cannot express twice: a member named twice, a bare scalar. */
async function readCases(file: string): Promise<Case[]> {
  const path = fileURLToPath(import.meta.resolve(`json-patch-test-suite/${file}`))
  const cases: Case[] = JSON.parse(await readFile(path, 'utf8'))
  return cases.filter(({ disabled }) => disabled !== true)
}
