import { type Clock, systemClock } from 'pg-boss'

/**
 * The time that pg-boss measures its waits in; it never runs backwards. On the wall clock, one hour back during a poll
 * would stop that queue for the hour, and with it the search for jobs of dead workers. More than 24.8 days back would
 * be more than `setTimeout` takes, which then waits a millisecond, again and again.
 *
 * It need not agree with the database's clock. Only what this service does not use of pg-boss holds the two against each
 * other: schedules, debounced sends, and failing a job on databases that want it done in several statements.
 */
export const steadyClock: Clock = {
  ...systemClock,
  now: () => performance.timeOrigin + performance.now(),
}
