import type { JobResult, JobWithMetadata, PgBoss } from 'pg-boss'

type Row = JobWithMetadata<unknown>

export interface Taking {
  boss: PgBoss
  queue: string
  /** How many jobs have a place at once. */
  concurrency: number
  pollSeconds: number
  /** Once it is aborted nobody begins to look; whoever looks already is to be taken off work. */
  stopping: AbortSignal
}

/**
 * Works on a batch, and tells of each job when it needs its place no more.
 *
 * @returns how each ended, for pg-boss to write down
 */
type Work = (batch: Row[], leave: (job: Row) => void) => Promise<JobResult[]>

/**
 * Takes the jobs of a queue as there are places for them. A worker of pg-boss takes nothing before the whole of its
 * batch has ended, so one job that hangs would keep every place of its worker empty. So each worker takes one batch
 * only, keeps it alive and writes down its end; as soon as it has it, the next one looks.
 *
 * What bounds the concurrency: one worker at a time looks, for as many jobs as there were places when it began; there
 * can only be more by the time it finds some. While all are taken nobody looks. An idle queue costs one statement a poll.
 */
export async function takeInTurns(taking: Taking, work: Work): Promise<void> {
  const { boss, queue, concurrency, pollSeconds: pollingIntervalSeconds, stopping } = taking
  const held = new Set<Row>()
  let looking = false

  async function look(): Promise<void> {
    const batchSize = concurrency - held.size
    if (looking || batchSize === 0 || stopping.aborted) return
    looking = true
    const settings = {
      batchSize,
      pollingIntervalSeconds,
      includeMetadata: true,
      perJobResults: true,
    } as const
    const worker = boss.work(queue, settings, async (batch: Row[]) => {
      for (const job of batch) held.add(job)
      looking = false
      void retire(worker, batch)
      void look()
      return await work(batch, (job) => leave([job]))
    })
    await worker
  }

  /** A batch may end before its jobs have: pg-boss gives it up when they have expired. */
  async function retire(worker: Promise<string>, batch: Row[]): Promise<void> {
    await boss.offWork(queue, { id: await worker, wait: true })
    leave(batch)
  }

  function leave(jobs: Row[]): void {
    for (const job of jobs) held.delete(job)
    void look()
  }

  await look()
}
