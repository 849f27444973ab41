import { readFile, writeFile } from 'node:fs/promises'
import { composeDocument } from './document.ts'
import { renderYaml } from './render.ts'

/** Writes `openapi.yaml`; with `--check` only says whether it is up to date, by its exit code. */
const file = new URL('../../openapi.yaml', import.meta.url)
const wanted = renderYaml(composeDocument())

if (!process.argv.includes('--check')) {
  await writeFile(file, wanted)
} else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
  console.error('openapi.yaml is not what the service does any more: run `npm run openapi` and commit it.')
  process.exitCode = 1
}
