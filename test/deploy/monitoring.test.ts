import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { type Sample, scrape } from '../operations/exposition.ts'
import { openShop } from '../orders/shop-front.ts'
import { needs, program } from '../support/programs.ts'
import { eventually } from '../support/shop.ts'
import { type Selector, selectorsOf } from './promql.ts'

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFile(join(PROJECT, path), 'utf8')
const promtool = (...args: string[]) =>
  promisify(execFile)(program('promtool'), args, { cwd: join(PROJECT, 'deploy/monitoring') })

interface Rule {
  alert?: string
  record?: string
  expr: string
  for?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

async function readRules(): Promise<Rule[]> {
  const { groups } = parse(await read('deploy/monitoring/rules.yaml'))
  return groups.flatMap(({ rules }: { rules: Rule[] }) => rules)
}

/** As Grafana would send them. */
async function readQueries(): Promise<string[]> {
  const { panels, templating } = JSON.parse(await read('deploy/monitoring/dashboard.json'))
  const queries: string[] = panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  )
  const [, variable = ''] = /^label_values\((.*), instance\)$/.exec(templating.list[1].query.query) ?? []
  return [...queries, variable].map((query) =>
    query.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'),
  )
}

describe('Prometheus reads what is shipped', needs('promtool'), () => {
  test('The rules, the configuration that names them, and every query of the dashboard', async (t) => {
    await promtool('check', 'config', '--syntax-only', 'prometheus.yaml')
    await promtool('check', 'rules', 'rules.yaml')

    const home = await mkdtemp(join(tmpdir(), 'holdfast-monitoring-'))
    t.after(() => rm(home, { recursive: true, force: true }))
    // Debian's promtool is built without discovery in a cluster; all else of that file it knows.
    const { kubernetes_sd_configs: pods, ...job } = parse(
      await read('deploy/monitoring/prometheus.kubernetes.yaml'),
    ).scrape_configs[0]
    assert.deepEqual(pods, [{ role: 'pod', namespaces: { names: ['holdfast'] } }])
    const config = join(home, 'prometheus.yaml')
    await writeFile(config, JSON.stringify({ scrape_configs: [job] }))
    await promtool('check', 'config', '--syntax-only', config)

    const rules = (await readQueries()).map((expr, index) => ({ record: `panel:${index}`, expr }))
    const file = join(home, 'dashboard.yaml')
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
    await promtool('check', 'rules', file)
  })

  test('Each alert fires when it should, and not when it should not', async () => {
    const seen = { firing: new Set<string>(), quiet: new Set<string>() }
    for (const file of ['rules.test.yaml', 'rules.slow.test.yaml']) {
      await promtool('test', 'rules', file).catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`))
      for (const { alert_rule_test } of parse(await read(`deploy/monitoring/${file}`)).tests) {
        for (const { alertname, exp_alerts } of alert_rule_test) {
          seen[exp_alerts.length > 0 ? 'firing' : 'quiet'].add(alertname)
        }
      }
    }
    const alerts = (await readRules()).flatMap(({ alert }) => alert ?? [])
    for (const alert of alerts) {
      assert.ok(seen.firing.has(alert), `${alert} is seen to fire`)
      assert.ok(seen.quiet.has(alert), `${alert} is seen not to fire`)
    }
  })
})

/** What the service does not tell of what a query asks for. */
function missingOf({ metric, labels }: Selector, samples: Sample[]): string[] {
  const own = samples.filter(({ name }) => name === metric)
  if (own.length === 0) return [metric]
  return labels
    .filter(({ name }) => name !== 'job' && name !== 'instance')
    .filter(({ name, value }) => {
      const told = own.map((sample) => sample.labels[name])
      return value === undefined ? told.every((each) => each === undefined) : !told.includes(value)
    })
    .map(({ name, value }) => `${metric}{${name}="${value ?? ''}"}`)
}

describe('What is watched exists', () => {
  test('Every metric, label and value that a rule or the dashboard names is told by the service', async (t) => {
    const shop = await openShop(t)
    await shop.order()
    await shop.ask('GET', '/orders')
    const wanted = [...(await readRules()).map(({ expr }) => expr), ...(await readQueries())].flatMap(
      selectorsOf,
    )
    const recorded = new Set((await readRules()).flatMap(({ record }) => record ?? []))
    const named = wanted.filter(({ metric }) => metric !== 'up' && !recorded.has(metric))
    assert.ok(named.length > 50)

    // Some are told once the database was read, or the request has ended.
    let missing: string[] = []
    const looked = eventually(
      'the metrics',
      async () => {
        const samples = [...(await scrape(shop.service.operations)).values()].flatMap(
          (family) => family.samples,
        )
        missing = named.flatMap((selector) => missingOf(selector, samples))
        return missing.length === 0
      },
      10_000,
    )
    await looked.catch(() => assert.deepEqual(missing, []))
  })

  test('How long jobs have been due is plotted from what the alert about it asks for', async () => {
    const { panels } = JSON.parse(await read('deploy/monitoring/dashboard.json'))
    const { targets } = panels.find(({ title }: { title: string }) => title === 'Due for')
    const late = (await readRules()).find(({ alert }) => alert === 'HoldfastQueueOld')
    const asked = [late?.expr ?? '', ...targets.map(({ expr }: { expr: string }) => expr)].map(
      (expr) => selectorsOf(expr)[0]?.metric,
    )
    assert.deepEqual(asked, ['holdfast_queue_overdue_seconds', 'holdfast_queue_overdue_seconds'])
  })

  test('Every alert says how bad it is, and has an entry in the runbook', async () => {
    const page = await read('docs/operations.md')
    const runbook = page.split('\n## Runbook\n')[1]?.split('\n## ')[0] ?? ''
    const entries = [...runbook.matchAll(/^### (\w+)\n\n([^#]*)/gm)]
    const alerts = (await readRules()).filter(({ alert }) => alert !== undefined)
    assert.deepEqual(entries.map(([, name]) => name).sort(), alerts.map(({ alert }) => alert).sort())
    for (const [, name = '', text = ''] of entries) assert.match(text, /\*\*Do\*\*/, name)
    for (const { alert = '', labels, annotations } of alerts) {
      assert.match(labels?.severity ?? '', /^(?:page|ticket)$/, alert)
      assert.equal(annotations?.runbook, `docs/operations.md#${alert.toLowerCase()}`)
      assert.ok(annotations?.summary)
    }
  })
})
