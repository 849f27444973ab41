import pino from 'pino'
import { logDestination } from '#plugins/request-log/destination.ts'
import { loggerOptions } from '#plugins/request-log.ts'
import { ConfigError } from './config.ts'
import { startService } from './service.ts'

/** `npm run serve`: the service alone, from its environment. */
try {
  const service = await startService(process.env)
  process.exit(await service.closed)
} catch (error) {
  if (error instanceof ConfigError) console.error(error.message)
  else pino(loggerOptions({ level: 'fatal' }), logDestination()).fatal(error)
  process.exit(1)
}
