import { execFile } from 'node:child_process'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fastifyPackage from 'fastify/package.json' with { type: 'json' }

const run = promisify(execFile)
const HERE = fileURLToPath(new URL('.', import.meta.url))

/** What a figure means nothing without, a line each. */
export async function describeMachine(database: string): Promise<string[]> {
  const processors = cpus()
  return [
    `${new Date().toISOString()}, commit ${await commit()}`,
    `${processors.length} × ${processors[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `Node ${process.version}, Fastify ${fastifyPackage.version}, ${database}`,
    `load average at the start ${loadAverage()}`,
  ]
}

/** Over one, five and fifteen minutes. */
export const loadAverage = (): string =>
  loadavg()
    .map((load) => load.toFixed(1))
    .join(', ')

async function commit(): Promise<string> {
  try {
    const { stdout: hash } = await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: HERE })
    const { stdout: changes } = await run('git', ['status', '--porcelain', '--', '../src', '../plugins'], {
      cwd: HERE,
    })
    return hash.trim() + (changes === '' ? '' : ', with changes that are not committed')
  } catch {
    return 'unknown'
  }
}
