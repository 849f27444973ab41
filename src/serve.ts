import pino from 'pino'
import { logDestination } from '#plugins/request-log/destination.ts'
import { loggerOptions } from '#plugins/request-log.ts'
import { ConfigError, type Environment } from './config.ts'
import { startService } from './service.ts'

/**
 * The service alone, from its environment, until it is closed.
 *
 * @param onWatching see `startService`
 * @returns the exit code
 */
export async function serve(env: Environment, onWatching: () => void): Promise<number> {
  try {
    const service = await startService(env, onWatching)
    return await service.closed
  } catch (error) {
    if (error instanceof ConfigError) console.error(error.message)
    else pino(loggerOptions({ level: 'fatal' }), logDestination()).fatal(error)
    return 1
  }
}
