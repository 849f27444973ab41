import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { prefersHtml } from '#plugins/accept-version/prefers-html.ts'
import { varyOnVersion } from '#plugins/accept-version.ts'
import { Problem } from '#plugins/problem-details.ts'
import type { ProblemDefinition } from './problems/definition.ts'
import { pagePolicy, problemListPage, problemPage } from './problems/page.ts'
import { problem, problems } from './problems.ts'

interface Page {
  readonly html: Buffer
  readonly json: Buffer
}

/** What `type` of every problem resolves to: `GET /problems` and `GET /problems/:slug`, for browsers and programs. */
export async function problemPages(app: FastifyInstance): Promise<void> {
  const entries: [string, ProblemDefinition][] = Object.entries(problems)
  entries.sort(([, one], [, other]) => one.status - other.status)
  // The catalogue does not change while the service runs, so every page is written once: at the first request, as
  // the URL they begin with may only be known when the service listens.
  let written: { list: Page; pages: Map<string, Page> } | undefined
  const write = () => {
    written ??= {
      list: writeList(app, entries),
      pages: new Map(entries.map(([slug, definition]) => [slug, writePage(app, slug, definition)])),
    }
    return written
  }

  app.get('/problems', (request, reply) => send(write().list, request, reply))

  app.get<{ Params: { slug: string } }>('/problems/:slug', (request, reply) => {
    const { slug } = request.params
    const page = write().pages.get(slug)
    if (page === undefined) throw problem('not-found', { detail: 'There is no problem of this name.' })
    return send(page, request, reply)
  })
}

function send(page: Page, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  varyOnVersion(reply)
  // An hour: pages change with a release, and a reader who is an hour behind misses nothing.
  reply.cacheControl('public').maxAge('1h').header('x-content-type-options', 'nosniff')
  if (!prefersHtml(request.headers.accept))
    return reply.type('application/json; charset=utf-8').send(page.json)
  return reply.header('content-security-policy', pagePolicy).type('text/html; charset=utf-8').send(page.html)
}

function writeList(app: FastifyInstance, entries: readonly [string, ProblemDefinition][]): Page {
  const items = entries.map(([slug, definition]) => describe(app, slug, definition))
  return {
    html: Buffer.from(
      problemListPage(entries.map(([slug, definition]) => [pathOf(app, slug), slug, definition] as const)),
    ),
    json: Buffer.from(JSON.stringify({ problems: items })),
  }
}

function writePage(app: FastifyInstance, slug: string, definition: ProblemDefinition): Page {
  const { detail, extensions } = definition.example
  const rendered = app.renderProblem(new Problem(slug, { detail, extensions }), 'b4f9c2d0-example')
  const example: unknown = JSON.parse(rendered.body)
  const members = definition.members === undefined ? {} : { members: definition.members }
  return {
    html: Buffer.from(problemPage(slug, definition, JSON.stringify(example, null, 2), '/problems')),
    json: Buffer.from(JSON.stringify({ ...describe(app, slug, definition), ...members, example })),
  }
}

function describe(app: FastifyInstance, slug: string, definition: ProblemDefinition) {
  const { status, title, detail, meaning, remedy, retryable } = definition
  return { type: app.problemUrl(slug), slug, status, title, detail, meaning, remedy, retryable }
}

/** The public URL may be another host's in development; a link within the pages stays where the reader is. */
function pathOf(app: FastifyInstance, slug: string): string {
  return new URL(app.problemUrl(slug)).pathname
}
