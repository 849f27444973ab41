/** RFC 8941 section 3.3.3: printable ASCII in quotes, in which only the quote and the backslash are escaped. */
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/

/** What many clients send instead: the same without spaces and without quotes around it. */
const bare = /^[\x21\x23-\x7e][\x21-\x7e]*$/

/** The key that a header's value stands for, 1 to 255 characters, or what is wrong with it. */
export function parseIdempotencyKey(value: string): { key: string } | { fault: string } {
  const inQuotes = quoted.exec(value)?.[1]
  if (inQuotes === undefined && !bare.test(value)) {
    return { fault: 'The key has to be printable ASCII in quotes, or bare without spaces.' }
  }
  const key = inQuotes === undefined ? value : inQuotes.replaceAll(/\\(["\\])/g, '$1')
  if (key.length === 0) return { fault: 'The key is empty.' }
  if (key.length > 255) return { fault: `The key has ${key.length} characters; at most 255 are allowed.` }
  return { key }
}
