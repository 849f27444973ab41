const mark = '[redacted]'

// Bounded, so that a line made to be slow is not, as is whatever may be tried from each of many characters. What is not
// bounded below finds something however far it reads, and is not tried again on that: so a list may lack its end.
const secretNames = [
  '(?:proxy-)?authorization',
  '(?:set-)?cookie',
  '[a-z0-9_-]{0,40}api[_-]?key',
  '[a-z0-9_-]{0,40}token',
  '[a-z0-9_-]{0,40}secret',
  '[a-z0-9_-]{0,40}passw(?:or)?d',
  'pass',
  'pwd',
  'idempotency[_-]?key',
  'key',
  'card',
  'cvc',
].join('|')

const string = '"(?:\\\\.|[^"\\\\])*"'
/** Before or behind a colon. */
const space = '\\s{0,20}'

/** In order: what is a secret by its name, then what is one by its shape. */
const rules: readonly (readonly [RegExp, string])[] = [
  // "name":"value", with a list, a flat object or a number as value too, and Node's raw headers: "name","value".
  // A string with a colon behind it is a name itself, and what it follows was some member's value.
  [
    new RegExp(
      `(?<="(?:${secretNames})"${space}[:,]${space})(?:${string}(?!${space}:)|\\[(?:${string}|[^\\]"])*\\]?|\\{(?:${string}|[^{}"]){0,1000}\\}|-?[\\d.]+)`,
      'gi',
    ),
    `"${mark}"`,
  ],
  // JSON inside a string, its quotes escaped: how deep can't be told, so the rest of the string goes.
  [
    new RegExp(`(\\\\{1,63}")(${secretNames})\\1(${space}[:,]${space})(?:\\\\.|[^"\\\\])*`, 'gi'),
    `$1$2$1$3${mark}`,
  ],
  // Header: value and name=value in prose, to the end of the word; of a header to the end of the string.
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie|idempotency-key|x-api-key)(\s*[:=]\s*)[^"\\]+/gi,
    `$1$2${mark}`,
  ],
  [new RegExp(`\\b(${secretNames})=[^\\s&"\\\\]+`, 'gi'), `$1=${mark}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${mark}`],
  // A JSON Web Token, whole or cut off.
  [/\beyJ[\w-]{6,}(?:\.[\w-]*){0,2}/g, mark],
  // Payment methods, keys and secrets as Stripe writes them.
  [/\b(pm|pi|sk|rk|pk|tok|card|src|whsec|seti)_[A-Za-z0-9_]{3,}(?:_secret_\w+)?/g, `$1_${mark}`],
  // postgres://user:password@host: to the last @ of the word, as a password may have one too.
  [/:\/\/[^\s"\\]{0,1000}@/g, `://${mark}@`],
]

/** Stands in every line that a rule could change. A request's own line has none of it, and is spared the rules. */
const hint =
  /authorization|cookie|key|token|secret|pass|pwd|card|cvc|bearer|basic|eyJ|:\/\/|(?:p[mik]|[sr]k|src|seti|tok|whsec)_/i

/**
 * Takes whatever looks like a secret out of a log line. The last line of defence: serializers never hand over
 * headers or bodies, but messages of other people's errors may quote anything.
 */
export function redact(line: string): string {
  if (!hint.test(line)) return line
  let clean = line
  for (const [pattern, replacement] of rules) clean = clean.replace(pattern, replacement)
  return clean
}
