/** The parameters of a request: `metadata[order_id]=…` stands as `{ metadata: { order_id: '…' } }`. */
export interface Form {
  readonly [name: string]: string | Form | undefined
}

interface MutableForm {
  [name: string]: string | MutableForm | undefined
}

/** Reads a form-encoded body with the bracketed names that Stripe's clients send. */
export function parseForm(body: string): Form {
  const form = empty()
  for (const [name, value] of new URLSearchParams(body)) {
    const path = name.split('[').map((part) => part.replace(/\]$/, ''))
    const last = path.pop() ?? ''
    let target = form
    for (const part of path) {
      const there = target[part]
      const inner = typeof there === 'object' ? there : empty()
      target[part] = inner
      target = inner
    }
    target[last] = value
  }
  return form
}

/** Without a prototype: `metadata[__proto__]` is a key like any other. */
function empty(): MutableForm {
  return Object.create(null)
}

export function textOf(form: Form, name: string): string | undefined {
  const value = form[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The members of a flat group such as `metadata`. */
export function groupOf(form: Form, name: string): Record<string, string> {
  const value = form[name]
  if (typeof value !== 'object') return {}
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(texts)
}
