import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { variables } from '#src/config/variables.ts'
import { readConfig, readMigrationConfig } from '#src/config.ts'
import manifest from '../../package.json' with { type: 'json' }

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFile(join(PROJECT, path), 'utf8')
const standard = (name: string) => Number(variables.find((one) => one.name === name)?.standard)

type Services = Record<string, ReturnType<typeof parse>>

/** compose.yaml as Compose would read it with these values. */
async function readCompose(
  values: Record<string, string>,
): Promise<{ services: Services; secrets: Services }> {
  const text = (await read('compose.yaml')).replaceAll(
    /\$\{(\w+):([?-])([^}]*)\}/g,
    (_, name: string, kind: string, otherwise: string) => {
      const value = values[name] ?? ''
      assert.ok(kind !== '?' || value !== '', `${name} must be set, and the example does not have it`)
      return value === '' ? otherwise : value
    },
  )
  return parse(text, { merge: true })
}

/** What a container is given: what stands in the file that it names, below what compose.yaml itself says. */
function environmentOf(
  { env_file: files = [], environment }: Services[string],
  file: Record<string, string>,
) {
  for (const { path, required } of files) assert.deepEqual([path, required], ['compose.env', false])
  return files.length === 0 ? environment : { ...file, ...environment }
}

describe('compose.yaml', () => {
  let services: Services = {}
  let secrets: Services = {}
  let written: Record<string, string> = {}
  const own = () => ['migrate', 'holdfast-api', 'holdfast-worker'].map((name) => services[name])

  before(async () => {
    const example = [...(await read('compose.env.example')).matchAll(/^(\w+)=(.*)$/gm)]
    const values = Object.fromEntries(example.map(([, name = '', value = '']) => [name, value]))
    const filledIn = { POSTGRES_PASSWORD: 'c0ffee', OPS_TOKEN: 'c0ffee', AUTH_JWT_SECRET: 'x'.repeat(48) }
    for (const name of Object.keys(filledIn)) assert.equal(values[name], '', `${name} has no value to forget`)
    written = { ...values, ...filledIn }
    const composed = await readCompose(written)
    services = composed.services
    secrets = composed.secrets
  })

  test('Each waits for what it needs, and for nothing that does not say when it is ready', () => {
    const waits = Object.entries(services).flatMap(([name, { depends_on: needed = {} }]) =>
      Object.entries<{ condition: string }>(needed).map(([other, { condition }]) => [name, other, condition]),
    )
    assert.deepEqual(waits, [
      ['migrate', 'database', 'service_healthy'],
      ['holdfast-api', 'migrate', 'service_completed_successfully'],
      ['holdfast-worker', 'migrate', 'service_completed_successfully'],
      ['edge', 'holdfast-api', 'service_healthy'],
    ])
    for (const [name, { healthcheck, restart }] of Object.entries(services)) {
      assert.match(restart, /^(?:unless-stopped|on-failure:\d+)$/, name)
      if (name === 'migrate') continue
      assert.equal(healthcheck.test[0], 'CMD', `${name} is asked without a shell`)
      assert.ok(!/sh$/.test(healthcheck.test[1]), name)
    }
  })

  test('Every image is pinned, ours to this release', () => {
    for (const [name, { image }] of Object.entries(services)) {
      assert.match(image, /^[a-z/]+:v?\d+\.\d+(?:\.\d+)?$/, name)
    }
    for (const { image } of own()) assert.equal(image, `holdfast:${manifest.version}`)
  })

  test('Nobody can do or become more than it has to', () => {
    for (const [name, service] of Object.entries(services)) {
      assert.deepEqual(service.cap_drop, ['ALL'], name)
      assert.equal(service.cap_add, undefined, name)
      assert.equal(service.privileged, undefined, name)
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
      assert.ok(service.pids_limit > 0, name)
      assert.equal(service.read_only, name === 'prometheus' ? undefined : true, name)
      for (const port of service.ports ?? [])
        assert.match(port, /^127\.0\.0\.1:/, `${name} is for this machine`)
      for (const mounted of service.volumes ?? []) {
        const [source = '', , mode] = mounted.split(':')
        if (!source.startsWith('./')) continue
        assert.equal(mode, 'ro', mounted)
        assert.ok(existsSync(join(PROJECT, source)), mounted)
      }
    }
    assert.deepEqual(services.database.networks, ['database'])
  })

  test('What stands in the environment is a setting, and the service would start with it', () => {
    const known = new Set(variables.map(({ name }) => name))
    for (const service of own()) {
      const { command } = service
      assert.deepEqual(
        Object.keys(service.environment).filter((name) => !known.has(name)),
        [],
      )
      const environment = environmentOf(service, written)
      if (command === undefined) assert.equal(readConfig(environment).nodeEnv, 'production')
      else assert.ok(readMigrationConfig(environment).databaseUrl)
    }
    assert.equal(services.migrate.command.join(' '), manifest.scripts.migrate)
    assert.deepEqual(secrets.ops_token, { environment: 'OPS_TOKEN' })
  })

  test('Every setting written into compose.env reaches API and worker, but what only compose.yaml can know', async () => {
    const all = Object.fromEntries(variables.map(({ name }) => [name, `${name} of compose.env`]))
    const composed = (await readCompose({ ...all, POSTGRES_PASSWORD: 'c0ffee' })).services
    const wiring = ['NODE_ENV', 'ROLE', 'HOST', 'PORT', 'OPS_HOST', 'OPS_PORT', 'DATABASE_URL', 'TRUST_PROXY']
    for (const [name, itsOwn] of [
      ['holdfast-api', wiring],
      ['holdfast-worker', [...wiring, 'DRAIN_SECONDS']],
    ] as const) {
      const environment = environmentOf(composed[name], all)
      const kept = Object.keys(all).filter((each) => environment[each] !== all[each])
      assert.deepEqual(kept.sort(), [...itsOwn].sort(), name)
    }
    assert.deepEqual(environmentOf(composed.migrate, all), {
      DATABASE_URL: composed['holdfast-api'].environment.DATABASE_URL,
    })
    for (const name of ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE']) assert.equal(written[name], '')
  })

  test('Whoever stops it waits longer than it may take, and the edge lets go sooner than it drains', () => {
    for (const { stop_grace_period: grace } of own()) {
      assert.ok(Number.parseInt(grace, 10) > standard('SHUTDOWN_SECONDS'))
    }
    const [, idle] = /backend_idle_timeout=(\d+)/.exec(services.edge.command.join(' ')) ?? []
    assert.ok(Number(idle) < standard('DRAIN_SECONDS'))
  })

  test('The edges and Prometheus ask for the names that are there', async () => {
    const [, origin = ''] = /\.host = "([^"]+)"/.exec(await read('deploy/edge/default.vcl')) ?? []
    assert.ok(origin in services)
    const { scrape_configs: jobs } = parse(await read('deploy/monitoring/prometheus.yaml'))
    assert.deepEqual(jobs[0].dns_sd_configs[0].names, ['holdfast-api', 'holdfast-worker'])
    assert.equal(jobs[0].authorization.credentials_file, '/run/secrets/ops_token')
    const nginx = await read('deploy/edge/nginx.conf')
    const [, idle] = /keepalive_timeout (\d+)s;/.exec(nginx) ?? []
    assert.ok(Number(idle) < standard('DRAIN_SECONDS'))
    const [, shown] = /set req\.grace = (\d+)s;/.exec(await read('deploy/edge/default.vcl')) ?? []
    const [, promised] =
      /stale-while-revalidate=(\d+)/.exec(await read('src/products/send-representation.ts')) ?? []
    assert.equal(shown, promised)
  })
})
