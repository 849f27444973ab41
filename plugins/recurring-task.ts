import fp from 'fastify-plugin'

export interface RecurringTaskOptions {
  /** What it is called in the log. */
  task: string
  /** From the end of one run to the start of the next, in milliseconds. */
  everyMs: number
  /** Must be safe to run in several processes at once. */
  run: () => Promise<unknown>
}

/**
 * Does something now and then while the process lives: never two at once, and a run that failed is followed by the next.
 * A failure is logged once until its error changes, and once more when it is over. Closing waits for the run under way.
 */
export const recurringTask = fp<RecurringTaskOptions>(
  async (app, { task, everyMs, run }) => {
    let timer: NodeJS.Timeout | undefined
    let underWay: Promise<void> = Promise.resolve()
    let closed = false
    let complaint: string | undefined

    const once = async () => {
      try {
        await run()
        if (complaint !== undefined) app.log.info({ task }, 'a recurring task works again')
        complaint = undefined
      } catch (error) {
        if (complaint !== String(error)) app.log.warn({ err: error, task }, 'a recurring task failed')
        complaint = String(error)
      }
      schedule()
    }

    function schedule() {
      if (closed) return
      timer = setTimeout(() => {
        underWay = once()
      }, everyMs).unref()
    }

    app.addHook('onReady', async () => schedule())
    app.addHook('onClose', async () => {
      closed = true
      clearTimeout(timer)
      await underWay
    })
  },
  { name: 'recurring-task', fastify: '5.x' },
)
