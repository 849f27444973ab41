/**
 * Asks the service for something, or to do something.
 *
 * @param {string} path
 * @param {string} [method]
 * @param {unknown} [body]
 * @returns {Promise<any>} the answer's JSON, or null where it has none
 * @throws {Refused} where that is the answer
 * @throws {Error} where there was none, as the other does in words for the operator
 */
export async function ask(path, method = 'GET', body) {
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const answer = await fetch(path, { method, ...sent, signal: AbortSignal.timeout(15_000) }).catch(() => {
    throw new Error('The service did not answer.')
  })
  const text = await answer.text()
  if (answer.ok) return text === '' ? null : JSON.parse(text)
  if (answer.status === 401) throw new Refused('Your session has ended: log in again.')
  const words = `${wordsOf(text)} (${answer.status})`
  throw answer.status < 500 ? new Refused(words) : new Error(words)
}

/** The service has said that it did not do what it was asked. */
export class Refused extends Error {}

/** @param {string} text the body of a refusal, problem+json as a rule */
function wordsOf(text) {
  try {
    const { detail, title } = JSON.parse(text)
    return detail ?? title ?? 'The service refused.'
  } catch {
    return 'The service refused.'
  }
}
