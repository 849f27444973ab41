import { ConfigError } from './config-error.ts'
import { renderReport } from './report.ts'

/** `npm run config`: what is in force in this environment, or why nothing can start in it. */
try {
  process.stdout.write(renderReport(process.env))
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
