import { type FileHandle, open } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ConfigError, readOperatorConfig } from '../config.ts'
import { httpUrl } from '../http-url.ts'
import { createProgress } from './catalogue/progress.ts'
import { ImportFailed, sendCatalogue } from './catalogue/send-catalogue.ts'

const USAGE = `Usage: npm run catalogue -- import FILE [--url URL]

  FILE   products as NDJSON, one a line with its id; - reads standard input:
         {"id":"desk","name":"Walnut desk","price":{"amount":129900,"currency":"USD"},"stock":2}
  --url  the operations listener; by default where OPS_HOST and OPS_PORT say

OPS_TOKEN is sent when it is set. The exit code is 1 if any line was refused.`

/** Brings a file of products in through the operations listener. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { url: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  const [command, file, ...rest] = positionals
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  if (command !== 'import' || file === undefined || rest.length > 0) {
    console.error(USAGE)
    return 1
  }
  const { opsHost, opsPort, opsToken } = readOperatorConfig(process.env)
  const url = new URL('/products/import', values.url ?? httpUrl(reachable(opsHost), opsPort))
  const { source, bytes } = file === '-' ? { source: process.stdin, bytes: undefined } : await openFile(file)
  const progress = createProgress(process.stderr, bytes)
  try {
    const result = await sendCatalogue({ url, source, token: opsToken, onBytes: progress.add })
    progress.end()
    for (const { line, reason } of result.failed) console.error(`line ${line}: ${reason}`)
    const untold = result.failedTotal - result.failed.length
    if (untold > 0) console.error(`and ${untold} lines more`)
    console.log(`${result.imported} products imported, ${result.failedTotal} lines refused`)
    return result.failedTotal === 0 ? 0 : 1
  } finally {
    progress.end()
  }
}

/** @throws ImportFailed when it cannot be read, so that nobody is asked for nothing */
async function openFile(path: string) {
  let handle: FileHandle | undefined
  try {
    handle = await open(path)
    const about = await handle.stat()
    // It opens like a file, and fails when it is read.
    if (about.isDirectory()) throw new Error('it is a directory')
    return { source: handle.createReadStream(), bytes: about.size }
  } catch (error) {
    await handle?.close()
    const why = error instanceof Error ? error.message : String(error)
    throw new ImportFailed(`${path} cannot be read: ${why}`, { cause: error })
  }
}

/** An address to listen on is not always one to connect to. */
const reachable = (host: string) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host)

/** What went wrong in a sentence: a stack helps nobody at a shell. */
function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof ImportFailed) return error.message
  if (!(error instanceof Error)) return String(error)
  const isUsage = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  return isUsage ? `${error.message}\n\n${USAGE}` : error.message
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(explain(error))
  process.exitCode = 1
}
