import { readFile, writeFile } from 'node:fs/promises'
import { renderTypes } from './generate/render-types.ts'

/** Writes `src/generated.ts` from `openapi.yaml`; with `--check` only says whether it is up to date, by its exit code. */
const document = new URL('../../openapi.yaml', import.meta.url)
const file = new URL('./src/generated.ts', import.meta.url)
const wanted = await renderTypes(await readFile(document, 'utf8'))

if (!process.argv.includes('--check')) {
  await writeFile(file, wanted)
} else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
  console.error(
    'clients/typescript/src/generated.ts is not what openapi.yaml says any more: run `npm run openapi` and commit it.',
  )
  process.exitCode = 1
}
