import { redact } from '../request-log/redact.ts'

/** Enough for a sentence; a page of HTML from a proxy is none. */
const LONGEST = 300
/** A chain that bites its tail ends somewhere. */
const DEEPEST = 8

/**
 * Why something failed, as one line that people read: what the error says, then what its causes add, and no secret.
 *
 * `payment: transient after 4 attempts: no answer: connect ECONNREFUSED 127.0.0.1:443`
 */
export function reasonOf(failure: unknown): string {
  const said: string[] = []
  let cause = failure
  for (let depth = 0; depth < DEEPEST && cause instanceof Error; depth++, cause = cause.cause) {
    const words = withoutRepetition(cause.message || cause.name, said)
    if (words !== '') said.push(words)
  }
  return plain(said.length > 0 ? said.join(': ') : String(failure))
}

/** One line of at most 300 characters, without controls and without what looks like a secret. */
export function plain(text: string): string {
  const line = redact(text)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
}

/** `payment: no answer` adds `no answer` to what `payment: transient …` said. */
function withoutRepetition(message: string, said: readonly string[]): string {
  const [first = ''] = said
  const [prefix] = /^[\w -]{1,40}: /.exec(first) ?? ['']
  const words = prefix !== '' && message.startsWith(prefix) ? message.slice(prefix.length) : message
  return said.includes(words) ? '' : words
}
