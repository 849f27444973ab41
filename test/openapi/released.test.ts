import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { RELEASES, releases } from '../support/releases.ts'
import { asTree, type Tree } from './document.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const current = join(PROJECT, 'openapi.yaml')

/** A rule that a change breaks, and where. */
interface Breach {
  readonly rule: string
  readonly path: string
  readonly message: string
}

/** What in a document breaks clients of the one before, by `redocly diff`. */
async function breaches(before: string, after: string): Promise<Breach[]> {
  const redocly = join(PROJECT, 'node_modules/.bin/redocly')
  const args = ['diff', before, after, '--format', 'json', '--fail-on', 'none']
  const env = { ...process.env, REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const options = { cwd: PROJECT, env, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(redocly, args, options)
  const changes = [asTree(JSON.parse(stdout)).changes].flat().map(asTree)
  return changes
    .filter(({ impact }) => impact === 'major')
    .flatMap(({ path, verdicts }) =>
      [verdicts].flat().map((verdict) => {
        const { ruleId, message } = asTree(verdict)
        return { rule: String(ruleId), path: String(path), message: String(message) }
      }),
    )
}

test('nothing that the last release, and the one before, promised is taken back', async () => {
  // The last one may be in the making: then its copy is of today, and breaks nothing whatever was changed.
  const last = (await releases()).slice(-2)
  assert.ok(last.length > 0)
  for (const release of last) {
    const copy = fileURLToPath(new URL(`${release}/openapi.yaml`, RELEASES))
    assert.deepEqual(await breaches(copy, current), [], release)
  }
})

/** What would break a client, each with the rule that has to see it. */
const breaking: readonly (readonly [what: string, rule: string, change: (document: Tree) => void])[] = [
  ['a path is gone', 'path-removed', (document) => remove(document, '#/paths/~1health')],
  ['a method is gone', 'operation-removed', (document) => remove(document, '#/paths/~1users~1me/patch')],
  [
    'a status is gone',
    'response-removed',
    (document) => remove(document, '#/paths/~1openapi.yaml/get/responses/304'),
  ],
  [
    'a header is gone',
    'response-header-removed',
    (document) => remove(document, '#/paths/~1orders/post/responses/201/headers/Location'),
  ],
  [
    'a version is gone from the answers',
    'media-type-removed',
    (document) =>
      remove(
        document,
        '#/paths/~1products~1{id}/get/responses/200/content/application~1vnd.holdfast.product+json; version=1',
      ),
  ],
  [
    'a version is gone from the bodies',
    'media-type-removed',
    (document) =>
      remove(
        document,
        '#/paths/~1orders/post/requestBody/content/application~1vnd.holdfast.order+json; version=2',
      ),
  ],
  [
    'a member of an answer is gone',
    'property-removed',
    (document) => remove(document, '#/components/schemas/ProductV2/properties/description'),
  ],
  [
    'a member of an answer may be missing',
    'required-properties-removed',
    (document) => set(document, '#/components/schemas/UserV2/required', ['id']),
  ],
  [
    'a member of an answer is of another type',
    'schema-type-changed',
    (document) => set(document, '#/components/schemas/ProductV1/properties/price/type', 'string'),
  ],
  [
    'an answer has a value that nobody expects',
    'enum-values-added',
    (document) => set(document, '#/components/schemas/PaymentStatus/enum/-', 'lost'),
  ],
  [
    'a member of a body has to be there',
    'required-properties-added',
    (document) => set(document, '#/components/schemas/CreateOrderV2/required/-', 'note'),
  ],
  [
    'a bound of a body is narrower',
    'schema-constraint-changed',
    (document) => set(document, '#/components/schemas/CreateOrderV1/properties/quantity/maximum', 10),
  ],
  [
    'a bound of a parameter is narrower',
    'schema-constraint-changed',
    (document) => set(document, '#/components/parameters/Limit/schema/maximum', 50),
  ],
  [
    'a value of a parameter is gone',
    'enum-values-removed',
    (document) => set(document, '#/components/parameters/OrderStatus/schema/enum', ['paid']),
  ],
  [
    'a parameter has to be there',
    'parameter-became-required',
    (document) => set(document, '#/components/parameters/IfNoneMatch/required', true),
  ],
  [
    'what was public asks for a token',
    'security-requirement-changed',
    (document) => set(document, '#/paths/~1problems/get/security', [{ bearer: [] }]),
  ],
  [
    'an operation has another name in generated clients',
    'operation-id-changed',
    (document) => set(document, '#/paths/~1orders~1{id}~1cancel/post/operationId', 'annulOrder'),
  ],
]

test('every way to break a client is seen: the test above could fail', async (t: TestContext) => {
  // Each in a place of its own, so that one reading of the document finds them all.
  const seen = await breachesOf(t, (document) => {
    for (const [, , change] of breaking) change(document)
  })
  for (const [what, rule] of breaking) {
    const wanted = breaking.filter(([, other]) => other === rule).length
    const found = seen.filter((breach) => breach.rule === rule)
    assert.ok(found.length >= wanted, `${what}: ${rule} in ${JSON.stringify(seen)}`)
  }
})

test('what only adds breaks nobody', async (t: TestContext) => {
  const seen = await breachesOf(t, (document) => {
    set(document, '#/components/schemas/ProductV2/properties/colour', { type: 'string' })
    set(document, '#/components/schemas/CreateOrderV2/properties/wrapped', { type: 'boolean' })
    set(document, '#/components/parameters/Limit/schema/maximum', 200)
    set(document, '#/info/version', '99.0.0')
    const content = '#/paths/~1products~1{id}/get/responses/200/content'
    const json = parentOf(document, `${content}/-`)['application/json']
    set(document, `${content}/application~1vnd.holdfast.product+json; version=3`, json)
  })
  assert.deepEqual(seen, [])
})

/** What a change of the present document breaks. */
async function breachesOf(t: TestContext, change: (document: Tree) => void): Promise<Breach[]> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-openapi-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const document = asTree(parse(await readFile(current, 'utf8')))
  change(document)
  const changed = join(home, 'openapi.json')
  await writeFile(changed, JSON.stringify(document))
  return await breaches(current, changed)
}

/** The object or array that the last segment of a pointer belongs to; references are not followed. */
function parentOf(document: Tree, pointer: string): Record<string, unknown> {
  let node: object = document
  for (const segment of segmentsOf(pointer).slice(0, -1)) {
    const next: unknown = Reflect.get(node, segment)
    assert.ok(typeof next === 'object' && next !== null, `${pointer} at ${segment}`)
    node = next
  }
  return Object(node)
}

const segmentsOf = (pointer: string) =>
  pointer
    .slice(2)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

function remove(document: Tree, pointer: string): void {
  const parent = parentOf(document, pointer)
  const name = segmentsOf(pointer).at(-1) ?? ''
  assert.ok(name in parent, pointer)
  delete parent[name]
}

/** `-` stands for the end of an array. */
function set(document: Tree, pointer: string, value: unknown): void {
  const parent = parentOf(document, pointer)
  const name = segmentsOf(pointer).at(-1) ?? ''
  if (Array.isArray(parent)) parent.push(value)
  else parent[name] = value
}
