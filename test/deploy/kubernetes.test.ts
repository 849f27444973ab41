import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse, parseAllDocuments } from 'yaml'
import { variables } from '#src/config/variables.ts'
import { readConfig, readMigrationConfig } from '#src/config.ts'
import manifest from '../../package.json' with { type: 'json' }
import { needs, program } from '../support/programs.ts'

const DIRECTORY = fileURLToPath(new URL('../../deploy/kubernetes/', import.meta.url))
const standard = (name: string) => Number(variables.find((one) => one.name === name)?.standard)
/** To write the last line and to be noticed as gone. */
const MARGIN_SECONDS = 5

type Objects = ReturnType<typeof parse>[]

async function render(path: string): Promise<Objects> {
  const { stdout } = await promisify(execFile)(program('kubectl'), ['kustomize', join(DIRECTORY, path)])
  return parseAllDocuments(stdout).map((document) => document.toJS())
}

for (const path of ['base', 'overlays/example']) {
  describe(`Kubernetes, ${path}`, needs('kubectl'), () => {
    let objects: Objects = []
    let secret: Record<string, string> = {}
    const of = (kind: string) => objects.filter((object) => object.kind === kind)
    const one = (kind: string, name: string) => {
      const found = of(kind).find(({ metadata }) => metadata.name === name)
      assert.ok(found !== undefined, `${kind} ${name}`)
      return found
    }
    const podsOf = () =>
      [...of('Deployment'), ...of('Job')].map(({ metadata, spec }) => {
        assert.equal(spec.template.spec.containers.length, 1)
        const [container] = spec.template.spec.containers
        return { name: metadata.name, template: spec.template, pod: spec.template.spec, container }
      })
    /** What the process will read, with the example's secrets. */
    const environmentOf = ({ envFrom = [], env = [] }: ReturnType<typeof parse>) => {
      const read: Record<string, string> = {}
      for (const { configMapRef } of envFrom) Object.assign(read, one('ConfigMap', configMapRef.name).data)
      for (const { name, value, valueFrom } of env) {
        if (value !== undefined) read[name] = value
        const reference = valueFrom?.secretKeyRef
        if (reference === undefined) continue
        assert.equal(reference.name, 'holdfast')
        const held = secret[reference.key]
        assert.ok(held !== undefined || reference.optional === true, `the secret lacks ${reference.key}`)
        if (held !== undefined) read[name] = held
      }
      return read
    }

    before(async () => {
      objects = await render(path)
      const example = await readFile(join(DIRECTORY, 'overlays/example/secret.example.yaml'), 'utf8')
      secret = parse(example).stringData
    })

    test('There is all that it takes, and no secret', () => {
      const kinds = objects.map(({ kind, metadata }) =>
        kind === 'ConfigMap'
          ? metadata.name.replace(/-[a-z0-9]{10}$/, ' (hashed)')
          : `${kind} ${metadata.name}`,
      )
      const expected = [
        'holdfast (hashed)',
        'Deployment holdfast-api',
        'Deployment holdfast-worker',
        'HorizontalPodAutoscaler holdfast-api',
        `Job holdfast-migrate-${manifest.version.replaceAll('.', '-')}`,
        'NetworkPolicy holdfast-api',
        'NetworkPolicy holdfast-default-deny',
        'NetworkPolicy holdfast-egress',
        'NetworkPolicy holdfast-operations',
        'PodDisruptionBudget holdfast-api',
        'PodDisruptionBudget holdfast-worker',
        'Service holdfast-api',
        'Service holdfast-operations',
        'ServiceAccount holdfast',
        ...(path === 'base' ? [] : ['Ingress holdfast-api', 'Namespace holdfast']),
      ]
      assert.deepEqual(kinds.sort(), expected.sort())
    })

    test('Every image is this release, and none can be another tomorrow', () => {
      for (const { name, container } of podsOf()) {
        assert.match(
          container.image,
          new RegExp(`holdfast(?::${manifest.version}|@sha256:[0-9a-f]{64})$`),
          name,
        )
      }
    })

    test('Pods hold to the restricted standard, and carry no token', () => {
      assert.equal(one('ServiceAccount', 'holdfast').automountServiceAccountToken, false)
      for (const { name, pod, container } of podsOf()) {
        assert.equal(pod.serviceAccountName, 'holdfast', name)
        assert.equal(pod.automountServiceAccountToken, false, name)
        assert.equal(pod.enableServiceLinks, false, name)
        assert.deepEqual(pod.securityContext, {
          runAsNonRoot: true,
          runAsUser: 1000,
          runAsGroup: 1000,
          seccompProfile: { type: 'RuntimeDefault' },
        })
        assert.deepEqual(container.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        for (const key of ['hostNetwork', 'hostPID', 'hostIPC', 'volumes', 'initContainers']) {
          assert.equal(pod[key], undefined, `${name} ${key}`)
        }
      }
      if (path !== 'base') {
        const { labels } = one('Namespace', 'holdfast').metadata
        assert.equal(labels['pod-security.kubernetes.io/enforce'], 'restricted')
      }
    })

    test('Every pod says what it takes of memory, the same as it may, and of processor time has no limit', () => {
      for (const { name, container } of podsOf()) {
        const { requests, limits } = container.resources
        assert.deepEqual(limits, { memory: requests.memory }, name)
        assert.ok(requests.cpu !== undefined, name)
      }
    })

    test('Probes ask the right paths on listeners that are open', () => {
      for (const [name, port] of [
        ['holdfast-api', 'http'],
        ['holdfast-worker', 'operations'],
      ] as const) {
        const [container] = one('Deployment', name).spec.template.spec.containers
        const { startupProbe, livenessProbe, readinessProbe } = container
        assert.deepEqual(startupProbe.httpGet, { path: '/livez', port })
        assert.deepEqual(livenessProbe.httpGet, { path: '/livez', port })
        assert.deepEqual(readinessProbe.httpGet, { path: '/readyz', port })
        const { HOST = '', OPS_HOST, ROLE, PORT = '3000', OPS_PORT = '3001' } = environmentOf(container)
        assert.equal(ROLE, name.replace('holdfast-', ''))
        assert.equal(port === 'http' ? HOST : OPS_HOST, '0.0.0.0')
        const { containerPort } = container.ports.find((each: { name: string }) => each.name === port)
        assert.equal(String(containerPort), port === 'http' ? PORT : OPS_PORT)
      }
    })

    test('Grace is longer than the shutdown, which is longer than the drain', () => {
      for (const { pod, container } of podsOf().filter(({ pod }) => pod.restartPolicy === undefined)) {
        const environment = environmentOf(container)
        const drain = Number(environment.DRAIN_SECONDS ?? standard('DRAIN_SECONDS'))
        const shutdown = Number(environment.SHUTDOWN_SECONDS ?? standard('SHUTDOWN_SECONDS'))
        assert.ok(drain < shutdown)
        assert.ok(pod.terminationGracePeriodSeconds >= shutdown + MARGIN_SECONDS)
        // Node is process 1 and drains by itself; the image has no shell to do it before.
        assert.equal(container.lifecycle, undefined)
      }
      const { spec } = one('Deployment', 'holdfast-api')
      assert.deepEqual(spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 })
    })

    test('What stands in the environment is a setting, and the service would start with it', () => {
      const known = new Set(variables.map(({ name }) => name))
      for (const { name, pod, container } of podsOf()) {
        const environment = environmentOf(container)
        assert.deepEqual(
          Object.keys(environment).filter((key) => !known.has(key)),
          [],
          name,
        )
        const isSecret = (key: string) => variables.find((each) => each.name === key)?.secret === true
        for (const { name: key, value } of container.env) {
          assert.ok(value === undefined || !isSecret(key), `${key} of ${name} stands in the open`)
        }
        if (pod.restartPolicy === 'OnFailure') assert.ok(readMigrationConfig(environment).databaseUrl)
        else if (path !== 'base') assert.equal(readConfig(environment).nodeEnv, 'production')
      }
    })

    test('The migration is what npm run migrate runs', () => {
      const [job] = of('Job')
      const [container] = job.spec.template.spec.containers
      assert.equal(container.command.join(' '), manifest.scripts.migrate)
      assert.equal(job.spec.template.spec.restartPolicy, 'OnFailure')
      assert.ok(job.spec.activeDeadlineSeconds > 0 && job.spec.ttlSecondsAfterFinished > 0)
    })

    test('One at a time may go, they spread, and the autoscaler has the say over how many', async () => {
      for (const name of ['holdfast-api', 'holdfast-worker']) {
        const { spec } = one('Deployment', name)
        const { matchLabels } = spec.selector
        const budget = one('PodDisruptionBudget', name).spec
        assert.deepEqual([budget.maxUnavailable, budget.selector], [1, { matchLabels }])
        const spread = spec.template.spec.topologySpreadConstraints
        const keys = spread.map(({ topologyKey }: { topologyKey: string }) => topologyKey)
        assert.deepEqual(keys, ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'])
        for (const { labelSelector } of spread) assert.deepEqual(labelSelector, { matchLabels })
        for (const [label, value] of Object.entries(matchLabels)) {
          assert.equal(spec.template.metadata.labels[label], value)
        }
      }
      const { spec } = one('HorizontalPodAutoscaler', 'holdfast-api')
      assert.equal(spec.scaleTargetRef.name, 'holdfast-api')
      assert.equal(one('Deployment', 'holdfast-api').spec.replicas, undefined)
      assert.ok(spec.minReplicas >= 2)
      // A rollout adds one of each. A worker has two more for its queues, see plugins/job-queue.ts.
      const pool = standard('DATABASE_POOL_SIZE')
      const workers = one('Deployment', 'holdfast-worker').spec.replicas
      const connections = (spec.maxReplicas + 1) * pool + (workers + 1) * (pool + 2)
      const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
      assert.ok(page.includes(`take ${connections} at most`), `${connections} connections`)
    })

    test('Nothing comes in or goes out but what is named, and the operations listener is for Prometheus alone', () => {
      const { podSelector, policyTypes, ingress, egress } = one('NetworkPolicy', 'holdfast-default-deny').spec
      assert.deepEqual([policyTypes, ingress, egress], [['Ingress', 'Egress'], undefined, undefined])
      for (const { name, template } of podsOf()) {
        for (const [label, value] of Object.entries(podSelector.matchLabels)) {
          assert.equal(template.metadata.labels[label], value, name)
        }
      }
      for (const { spec } of of('NetworkPolicy')) {
        for (const { from, ports } of spec.ingress ?? []) {
          assert.equal(ports.length, 1)
          const [{ port }] = ports
          const [{ namespaceSelector }] = from
          assert.equal(namespaceSelector.matchLabels['holdfast/may-ask'], port === 'http' ? 'api' : port)
        }
      }
      for (const { metadata, spec } of of('Service')) {
        assert.ok(spec.type === undefined || spec.type === 'ClusterIP', metadata.name)
        assert.equal(spec.ports.length, 1)
      }
      for (const { spec } of of('Ingress')) assert.ok(!JSON.stringify(spec).includes('operations'))
    })

    test("Nothing is misspelt, as kubectl's own types have it", async (t) => {
      const home = await mkdtemp(join(tmpdir(), 'holdfast-kubernetes-'))
      t.after(() => rm(home, { recursive: true, force: true }))
      for (const object of [...of('Deployment'), ...of('Job')]) {
        const file = join(home, 'object.json')
        await writeFile(file, JSON.stringify(object))
        // It reads the object into its types, drops what they do not have, and asks no cluster.
        const set = ['set', 'env', '--local', '-f', file, 'ADDED=1', '-o', 'json']
        const { stdout } = await promisify(execFile)(program('kubectl'), set)
        const typed = JSON.parse(stdout)
        const [container] = typed.spec.template.spec.containers
        container.env = container.env.filter(({ name }: { name: string }) => name !== 'ADDED')
        delete typed.spec.template.metadata.creationTimestamp
        assert.deepEqual(typed.spec, object.spec)
      }
    })
  })
}
