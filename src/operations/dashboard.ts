import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { isUnchanged } from '#plugins/conditional-requests.ts'

export interface DashboardOptions {
  /** Whether operators log in, so that they can also log out. */
  login: boolean
  /** Whether there are stand-ins whose faults can be switched. */
  sandbox: boolean
  /** Where a trace is shown, with `{traceId}` in place of its id. */
  traceUrl?: string | undefined
}

/** The route of styles and scripts. They are in the open source and hold nothing, so the login page may have them. */
export const assetRoute = '/assets/:name'

/** Only our own files, no inline script or style, no frame, no other host. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Of a page. Without a referrer for its own site, its forms would be sent with `Origin: null`. */
export const pageHeaders = {
  'content-security-policy': policy,
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
}

interface File {
  readonly body: Buffer
  readonly etag: string
  readonly type: string
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
}

const PAGE = 'dashboard.html'

/** `GET /`: what an operator sees at a glance, and the files it is made of, read once and served from memory. */
export const dashboard: FastifyPluginAsync<DashboardOptions> = async (app, options) => {
  const folder = new URL('./dashboard/', import.meta.url)
  const own = readdirSync(folder).filter((name) => extname(name) in TYPES && name !== PAGE)
  const assets = new Map([
    ...own.map((name) => fileAt(new URL(name, folder).href)),
    fileAt(import.meta.resolve('uplot/dist/uPlot.esm.js'), 'uplot.js'),
    fileAt(import.meta.resolve('uplot/dist/uPlot.min.css'), 'uplot.css'),
  ])
  const page = fileOf('.html', Buffer.from(compose(readFileSync(new URL(PAGE, folder), 'utf8'), options)))

  app.get('/', (request, reply) => {
    reply.headers(pageHeaders)
    return send(request, reply, page)
  })

  app.get<{ Params: { name: string } }>(assetRoute, (request, reply) => {
    const file = assets.get(request.params.name)
    if (file === undefined) return reply.callNotFound()
    return send(request, reply, file)
  })
}

/** Tells the page, by attributes of its body, what there is here. */
function compose(html: string, { login, sandbox, traceUrl = '' }: DashboardOptions): string {
  const parts = [...(login ? ['login'] : []), ...(sandbox ? ['sandbox'] : [])].join(' ')
  const url = traceUrl.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  // By functions: a dollar sign in a URL means itself.
  return html
    .replace('data-parts=""', () => `data-parts="${parts}"`)
    .replace('data-trace-url=""', () => `data-trace-url="${url}"`)
}

/** Asked again each time, and almost always answered 304: no page of a new release runs a script of an old one. */
function send(request: FastifyRequest, reply: FastifyReply, { body, etag, type }: File): FastifyReply {
  const unchanged = isUnchanged(request, etag)
  reply.headers({ etag, 'cache-control': 'no-cache' })
  return unchanged ? reply.code(304).send() : reply.type(type).send(body)
}

function fileAt(url: string, name = basename(url)): [string, File] {
  return [name, fileOf(extname(name), readFileSync(fileURLToPath(url)))]
}

function fileOf(extension: string, body: Buffer): File {
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return { body, etag: `"${hash}"`, type: TYPES[extension] ?? 'application/octet-stream' }
}
