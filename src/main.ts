import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// A third of the work of a start is stripping types and compiling. What comes of it is kept beside the modules, where
// nobody writes who could not write those; where that is not allowed either, nothing is kept and nothing fails.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/holdfast', import.meta.url)))
// Not before, or they would be compiled without it.
const { ConfigError } = await import('./config.ts')
const { startService } = await import('./service.ts')

/** `npm run serve`: the service alone, from its environment. */
try {
  const service = await startService(process.env)
  process.exit(await service.closed)
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(1)
}
