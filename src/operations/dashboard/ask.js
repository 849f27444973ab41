/**
 * Asks the service for something, or to do something.
 *
 * @param {string} path
 * @param {string} [method]
 * @param {unknown} [body]
 * @returns {Promise<any>} the answer's JSON, or null where it has none
 * @throws {Error} that says what was wrong, in words for the operator
 */
export async function ask(path, method = 'GET', body) {
  const sent =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const answer = await fetch(path, { method, ...sent, signal: AbortSignal.timeout(15_000) }).catch(() => {
    throw new Error('The service did not answer.')
  })
  const text = await answer.text()
  if (answer.ok) return text === '' ? null : JSON.parse(text)
  if (answer.status === 401) throw new Error('Your session has ended: log in again.')
  throw new Error(`${wordsOf(text)} (${answer.status})`)
}

/** @param {string} text the body of a refusal, problem+json as a rule */
function wordsOf(text) {
  try {
    const { detail, title } = JSON.parse(text)
    return detail ?? title ?? 'The service refused.'
  } catch {
    return 'The service refused.'
  }
}
