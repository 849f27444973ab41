import { ConfigError } from './config.ts'
import { startService } from './service.ts'

/** `npm run serve`: the service alone, from its environment. */
try {
  const service = await startService(process.env)
  process.exit(await service.closed)
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(1)
}
