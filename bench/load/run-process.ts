import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Runs load in a process that does nothing else: it is sent a plan, and answers with a report.
 *
 * @param file beside this one
 * @throws Error when it ended without a report
 */
export async function runLoadProcess<Report>(
  file: string,
  plan: object,
  isReport: (value: unknown) => value is Report,
): Promise<Report> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv: [] })
  const exit = once(child, 'exit')
  child.send(plan)
  const [answer] = await Promise.race([once(child, 'message'), exit])
  await exit
  if (!isReport(answer)) throw new Error('the load process failed')
  return answer
}
