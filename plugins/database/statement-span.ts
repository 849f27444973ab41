import { activeSpan, type Span, traced } from '../tracing/span.ts'

interface Description {
  summary: string
  text: string
}

/** By the template's parts, of which there are as many as statements in the source. */
const descriptions = new WeakMap<readonly string[], Description>()

/** Runs a statement in a span of its own, if what it is done for is traced. The text has no values in it, only their places. */
export function tracedStatement<T>(send: () => PromiseLike<T>): PromiseLike<T> {
  if (activeSpan() === undefined) return send()
  return traced(
    'postgresql',
    { kind: 'client', attributes: { 'db.system.name': 'postgresql' } },
    async (span) => {
      const statement = send()
      if (span !== undefined) describe(span, statement)
      return await statement
    },
  )
}

function describe(span: Span, statement: object): void {
  const strings: unknown = Reflect.get(statement, 'strings')
  if (!isTemplate(strings)) return
  const { summary, text } = descriptions.get(strings) ?? summarized(strings)
  descriptions.set(strings, { summary, text })
  span.rename(summary)
  span.set({ 'db.query.summary': summary, 'db.query.text': text })
}

const isTemplate = (strings: unknown): strings is readonly string[] =>
  Array.isArray(strings) && strings.every((one) => typeof one === 'string')

/** What it does, and to what: `update orders`, `select place_orders`. */
function summarized(strings: readonly string[]): Description {
  const text = strings
    .map((one, index) => (index === 0 ? one : `$${index}${one}`))
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const [, verb = '', target = ''] =
    /\b(insert into|update|delete from) ([\w.]+)/.exec(text) ??
    /\b(select) .*?\bfrom ([\w.]+)/.exec(text) ??
    []
  const summary = verb === '' ? (text.split(' ', 1)[0] ?? '') : `${verb.split(' ', 1)[0]} ${target}`
  return { summary, text }
}
