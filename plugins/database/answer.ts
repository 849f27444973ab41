/**
 * An answer as it was given, past two faults of the driver's (postgres 3.4.9).
 *
 * It counts the rows of an answer, and does not begin anew when the connection is lost in the middle of one: the next
 * answer on its successor begins that many places too late, with holes in front. Left as it is, what is there would be
 * taken for missing.
 *
 * A statement that it lost over TLS it takes for answered by the greeting of the next connection: with nothing, and of
 * no command.
 *
 * @throws Error `CONNECTION_CLOSED` where it is no answer
 */
export function soundAnswer<T>(result: T): T {
  if (!Array.isArray(result)) return result
  if ('command' in result && result.command === null)
    throw Object.assign(new Error('an answer to nothing'), { code: 'CONNECTION_CLOSED' })
  while (result.length > 0 && !(0 in result)) result.shift()
  return result
}
