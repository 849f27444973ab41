-- Queued work, written in the same statement as the change that calls for it. The columns that pg-boss copies from
-- a queue into its jobs are copied here as well (pg-boss documents inserting into its job table).
-- jobs: [{ queue, id, data, delaySeconds }]. An id names the work itself, so asking twice enqueues it once.
-- A queue that does not exist fails the whole statement: the join leaves columns null that must not be.
-- In PL/pgSQL, which keeps its plan: a function in SQL was planned anew at every call.
create function enqueue_jobs(jobs jsonb) returns void language plpgsql as $$
begin
  insert into pgboss.job
    (id, name, data, start_after, retry_limit, retry_delay, retry_backoff, retry_delay_max,
     expire_seconds, deletion_seconds, keep_until, dead_letter, policy, heartbeat_seconds)
  select job.id, job.queue, job.data, now() + coalesce(job."delaySeconds", 0) * interval '1 second',
         queue.retry_limit, queue.retry_delay, queue.retry_backoff, queue.retry_delay_max,
         queue.expire_seconds, queue.deletion_seconds, now() + queue.retention_seconds * interval '1 second',
         queue.dead_letter, queue.policy, queue.heartbeat_seconds
  from jsonb_to_recordset(jobs) as job (queue text, id uuid, data jsonb, "delaySeconds" double precision)
  left join pgboss.queue on queue.name = job.queue
  on conflict do nothing;
end
$$;
