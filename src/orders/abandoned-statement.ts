import type { Database } from '#plugins/database.ts'

/** More than one process ever has in flight; where several died, the rest follows with the next look. */
const MOST_AT_ONCE = 500

/**
 * Turns orders whose lease has ended, which a process that died has left behind, into jobs that finish them. Those
 * that somebody is settling at this moment, or another worker is looking at, are passed over.
 *
 * @returns how many there were
 */
export function createAbandonedStatement(database: Database, options: { leaseSeconds: number }) {
  return async (): Promise<number> => {
    const abandoned = await database.query(
      (sql) => sql`
        with abandoned as (
          delete from orders_in_flight where order_id in (
            select order_id from orders_in_flight
            where lease_has_ended(lease_until, ${options.leaseSeconds} * interval '1 second')
            limit ${MOST_AT_ONCE} for update skip locked
          )
          returning *
        )
        select enqueue_jobs(jsonb_build_array(jsonb_build_object(
          'queue', 'finish-order', 'id', order_id,
          'data', jsonb_strip_nulls(jsonb_build_object(
            'orderId', order_id, 'requestId', request_id, 'traceparent', traceparent)))))
        from abandoned
      `,
    )
    return abandoned.count
  }
}
