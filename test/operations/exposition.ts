import assert from 'node:assert/strict'

export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

interface Family {
  name: string
  help: string
  type: string
  samples: Sample[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:\\[\\"n]|[^\\"\n])*)"(,|$)/y
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped']
const ENDINGS: Record<string, readonly string[]> = { histogram: ['_bucket', '_sum', '_count'] }

/**
 * Reads Prometheus' text format 0.0.4 and is offended by whatever the format does not have: a family named twice, a
 * sample outside its family, a series given twice, buckets that go down, a number that is none.
 */
function parseExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  const series = new Set<string>()
  let family: Family | undefined
  assert.ok(text.endsWith('\n'), 'the last line ends too')
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue
    const [, keyword, about = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (keyword === 'HELP') {
      assert.match(about, NAME)
      assert.ok(!families.has(about), `${about} is described once`)
      family = { name: about, help: rest, type: '', samples: [] }
      families.set(about, family)
    } else if (keyword === 'TYPE') {
      assert.ok(family?.name === about && family.type === '', `${about} has its type after its help, once`)
      assert.ok(TYPES.includes(rest), `${about} is of a known type: ${rest}`)
      family.type = rest
    } else {
      const sample = readSample(line)
      assert.ok(family !== undefined && family.type !== '', `a sample comes after its type: ${line}`)
      const names = (ENDINGS[family.type] ?? ['']).map((ending) => `${family?.name}${ending}`)
      assert.ok(names.includes(sample.name), `a sample of ${family.name} stands among its own: ${line}`)
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
      assert.ok(!series.has(key), `a series is given once: ${line}`)
      series.add(key)
      if (family.type !== 'gauge') assert.ok(sample.value >= 0, line)
      family.samples.push(sample)
    }
  }
  for (const one of families.values()) {
    assert.notEqual(one.type, '', `${one.name} has a type`)
    if (one.type === 'counter') assert.match(one.name, /_total$/)
    if (one.type === 'histogram') assertHistogram(one)
  }
  return families
}

function readSample(line: string): Sample {
  const [, name = '', inside, number = ''] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$/.exec(line) ?? []
  assert.match(name, NAME, line)
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (inside !== undefined && LABEL.lastIndex < inside.length) {
    const [, label = '', value = ''] = LABEL.exec(inside) ?? assert.fail(`labels of ${line}`)
    assert.ok(!(label in labels), `a label stands once: ${line}`)
    labels[label] = value.replaceAll(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one))
  }
  assert.match(number, /^(?:[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/, line)
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) }
}

/** Buckets rise to +Inf, which is the count. */
function assertHistogram({ name, samples }: Family): void {
  const bySeries = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels))
  for (const [key, own] of bySeries) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => Number(labels.le?.replace('Inf', 'Infinity')))
    const counts = buckets.map(({ value }) => value)
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
      key,
    )
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
      key,
    )
    assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY, key)
    assert.equal(own.find((sample) => sample.name === `${name}_count`)?.value, counts.at(-1), key)
    assert.ok(own.some((sample) => sample.name === `${name}_sum`))
  }
}

/** Asks for the metrics of a service, as Prometheus does. */
export async function scrape(operations: string): Promise<Map<string, Family>> {
  const answer = await fetch(`${operations}/metrics`)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  return parseExposition(await answer.text())
}

/** The values of a metric, by those of its labels: `{ 'GET /orders/:id 404': 500 }`. */
export function valuesOf(families: Map<string, Family>, name: string): Record<string, number> {
  const family = families.get(name) ?? families.get(name.replace(/_(?:count|sum)$/, ''))
  assert.ok(family !== undefined, `there is ${name}`)
  return Object.fromEntries(
    family.samples
      .filter((sample) => sample.name === name)
      .map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  )
}
