import { readFile, writeFile } from 'node:fs/promises'
import { renderExample } from './example.ts'

/** Writes `.env.example`; with `--check` only says whether it is up to date, by its exit code. */
const file = new URL('../../.env.example', import.meta.url)
const wanted = renderExample()

if (!process.argv.includes('--check')) {
  await writeFile(file, wanted)
} else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
  console.error('.env.example is out of date: run `npm run openapi`')
  process.exitCode = 1
}
