import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { composeDocument } from '#src/openapi/document.ts'
import { headers } from '#src/openapi/headers.ts'
import { renderYaml } from '#src/openapi/render.ts'
import { problems } from '#src/problems.ts'
import { answersOf, asTree, document, lookUp, operations, walk } from './openapi/document.ts'

const nodes = [...walk(document)]

test('openapi.yaml is what the service is', async () => {
  const file = await readFile(new URL('../openapi.yaml', import.meta.url), 'utf8')
  assert.equal(file, renderYaml(composeDocument()), 'run `npm run openapi`')
  assert.doesNotMatch(file, /^\s*\S+: [&*]\w/m, 'no anchors')
})

test('openapi.yaml says the same to a reader of YAML 1.1, to which NO is false', async () => {
  const file = await readFile(new URL('../openapi.yaml', import.meta.url), 'utf8')
  assert.deepEqual(parse(file, { version: '1.1' }), document)
  assert.deepEqual(parse(file), document)
})

test('every reference leads somewhere, and every component is referred to', () => {
  const used = new Set<string>(['#/components/securitySchemes/bearer'])
  for (const { pointer, node } of nodes) {
    if (typeof node.$ref !== 'string') continue
    assert.notEqual(lookUp(node.$ref), undefined, `${pointer} refers to ${node.$ref}`)
    used.add(node.$ref)
  }
  const unused = Object.entries(asTree(document.components)).flatMap(([kind, members]) =>
    Object.keys(asTree(members)).filter((name) => !used.has(`#/components/${kind}/${name}`)),
  )
  assert.deepEqual(unused, [])
})

test('every operation can be told from the others and explains itself', () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  const tags = new Set([document.tags].flat().map((tag) => asTree(tag).name))
  for (const { name, operation } of operations) {
    assert.match(String(operation.operationId), /^[a-z][A-Za-z]+$/, name)
    assert.match(String(operation.summary), /^[A-Z].*[^.]$/, name)
    assert.match(String(operation.description), /^[A-Z].*\.$/s, name)
    for (const tag of [operation.tags].flat()) assert.ok(tags.has(tag), `${name}: ${tag}`)
    for (const [status, { description }] of answersOf(operation)) assert.ok(description, `${name} ${status}`)
  }
})

test('a path names its parameters', () => {
  for (const { name, path, operation } of operations) {
    const named = [operation.parameters]
      .flat()
      .map((parameter) => asTree(lookUp(String(asTree(parameter).$ref))))
    const inPath = named.flatMap(({ in: where, name: parameter }) => (where === 'path' ? [parameter] : []))
    assert.deepEqual(
      inPath,
      [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter),
      name,
    )
  }
})

test('every operation says which problems it answers with, each under the status of the catalogue', () => {
  const met = new Set<string>()
  for (const { name, operation } of operations) {
    const answers = answersOf(operation)
    assert.ok(
      answers.some(([status]) => status === 'default'),
      name,
    )
    for (const [status, { content = {} }] of answers) {
      const problem = asTree(content)['application/problem+json']
      assert.ok(problem !== undefined || /^[23]|^503$/.test(status), `${name} ${status}`)
      for (const slug of problem === undefined ? [] : Object.keys(asTree(asTree(problem).examples))) {
        met.add(slug)
        const catalogued = Object.entries(problems).find(([each]) => each === slug)?.[1].status
        if (status !== 'default') assert.equal(String(catalogued), status, `${name}: ${slug}`)
      }
    }
  }
  assert.deepEqual([...met].sort(), Object.keys(problems).sort())
})

test('what needs a token says so, and can refuse it', () => {
  for (const { name, operation } of operations) {
    const bearer = JSON.stringify(operation.security) === '[{"bearer":[]}]'
    assert.ok(bearer || JSON.stringify(operation.security) === '[]', name)
    assert.equal(
      answersOf(operation).some(([status]) => status === '401'),
      bearer,
      name,
    )
  }
})

test('every answer names its request, and no answer has a header that is not explained', () => {
  for (const { name, operation } of operations) {
    for (const [status, answer] of answersOf(operation)) {
      const named = Object.keys(asTree(answer.headers))
      assert.ok(named.includes('X-Request-Id'), `${name} ${status}`)
      for (const header of named) assert.ok(Object.hasOwn(headers, header), `${name} ${status}: ${header}`)
    }
  }
})
