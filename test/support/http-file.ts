/** A request of a `.http` file, as the REST Client of VS Code reads them, with what is expected of its answer. */
export interface HttpFileRequest {
  readonly title: string
  /** Others read its answer by this. */
  readonly name: string | undefined
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | undefined
  readonly status: number
  /** Headers of the answer, by name. */
  readonly expected: readonly (readonly [name: string, value: string])[]
}

export interface HttpFile {
  readonly variables: ReadonlyMap<string, string>
  readonly requests: readonly HttpFileRequest[]
}

/** What the requests before answered, by name. */
export type Answers = ReadonlyMap<string, { readonly headers: Headers; readonly text: string }>

/**
 * Reads `@variables`, requests between lines of `###`, and of their comments `# @name` and `# expect`.
 *
 * @throws Error on a request that does not say what is expected
 */
export function parseHttpFile(text: string): HttpFile {
  const [head = '', ...parts] = text.split(/^###(?!#)/m)
  const variables = new Map(
    [...head.matchAll(/^@(\w+) = (.+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
  return { variables, requests: parts.map(parseRequest) }
}

function parseRequest(part: string): HttpFileRequest {
  const [title = '', ...lines] = part.split('\n')
  const comments = lines.filter((line) => line.startsWith('#'))
  const [requestLine = '', ...rest] = lines.filter((line) => !line.startsWith('#'))
  const [, method, url] = /^([A-Z]+) (\S+)$/.exec(requestLine) ?? []
  if (method === undefined || url === undefined) throw new Error(`no request: ${requestLine}`)
  const status = tagged(comments, 'expect').find((value) => /^\d{3}$/.test(value))
  if (status === undefined) throw new Error(`${title.trim()} ${requestLine} expects no status`)
  const end = rest.indexOf('')
  const body = rest
    .slice(end + 1)
    .join('\n')
    .trim()
  return {
    title: title.trim() || requestLine,
    name: tagged(comments, '@name')[0],
    method,
    url,
    headers: rest.slice(0, end).map(splitHeader),
    body: body === '' ? undefined : body,
    status: Number(status),
    expected: tagged(comments, 'expect')
      .filter((value) => value !== status)
      .map(splitHeader),
  }
}

const tagged = (comments: readonly string[], tag: string) =>
  comments.flatMap((line) => (line.startsWith(`# ${tag} `) ? [line.slice(tag.length + 3).trim()] : []))

function splitHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw new Error(`no header: ${line}`)
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}

/**
 * Puts in what `{{name}}`, `{{request.response.headers.Name}}` and `{{request.response.body.$.path}}` stand for.
 *
 * @throws Error on what stands for nothing
 */
export function fillIn(text: string, variables: ReadonlyMap<string, string>, answers: Answers): string {
  return text.replaceAll(/\{\{([^}]+)\}\}/g, (_, reference: string) => {
    const variable = variables.get(reference)
    if (variable !== undefined) return fillIn(variable, variables, answers)
    const [, name = '', part, path = ''] =
      /^(\w+)\.response\.(?:(headers)\.|body\.\$\.)([\w.-]+)$/.exec(reference) ?? []
    const answer = answers.get(name)
    if (answer === undefined) throw new Error(`nothing is called ${reference}`)
    const value: unknown =
      part === 'headers'
        ? answer.headers.get(path)
        : path.split('.').reduce<unknown>((node, key) => Object(node)[key], JSON.parse(answer.text))
    if (typeof value !== 'string') throw new Error(`${reference} is ${JSON.stringify(value)}`)
    return value
  })
}
