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
 * Does something now and then while the process lives: never two at once, and a run that failed is logged and
 * followed by the next. Closing waits for the run under way.
 */
export const recurringTask = fp<RecurringTaskOptions>(
  async (app, { task, everyMs, run }) => {
    let timer: NodeJS.Timeout | undefined
    let underWay: Promise<void> = Promise.resolve()
    let closed = false

    const once = async () => {
      try {
        await run()
      } catch (error) {
        app.log.warn({ err: error, task }, 'a recurring task failed')
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
