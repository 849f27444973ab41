import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { extname } from 'node:path'
import fastify from 'fastify'
import type { Shop } from './customers.ts'

export interface StorefrontOptions {
  /** 0 means any free port. */
  readonly port: number
  /** Where the page finds the service, and as whom it shops there. Until there is one, it says that the shop is not open. */
  readonly shop: () => Shop | undefined
}

export interface Storefront {
  readonly url: string
  /** The origins that the page may be opened from: `CORS_ORIGINS` has to name them. */
  readonly origins: readonly string[]
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const PROJECT = new URL('..', import.meta.url)

/** What is served, and no other file. The client's own sources are, so that the page runs what is published. */
const PAGES = /^\/[a-z-]+\.(?:css|svg|ts)$/
const CLIENT = /^\/clients\/typescript\/src\/[a-z-]+\.ts$/

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
}

/**
 * Serves `examples/storefront` as it lies there: read anew for each request, its types stripped on the way.
 *
 * @throws the error of `listen` (`code` EADDRINUSE, `port`) when the port is taken
 */
export async function startStorefront({ port, shop }: StorefrontOptions): Promise<Storefront> {
  const app = fastify({ forceCloseConnections: true })
  let names: string[] = []

  app.addHook('onRequest', async (request, reply) => {
    // It hands out a token. A name of somebody else's that leads here (DNS rebinding) gets none.
    if (!names.includes(request.host)) return reply.code(421).send({ error: `ask ${names.join(' or ')}` })
    return undefined
  })

  app.get('/', async (_request, reply) => {
    reply.headers({ 'content-security-policy': policyFor(shop()?.api), 'referrer-policy': 'no-referrer' })
    return send('.html', await readFile(new URL('examples/storefront/index.html', PROJECT)), reply)
  })

  app.get('/settings.json', async (_request, reply) => {
    const open = shop()
    reply.header('cache-control', 'no-store')
    return open ?? reply.code(503).send({ error: 'the service is still starting' })
  })

  app.get('/*', async (request, reply) => {
    const [path = ''] = request.url.split('?')
    const place = CLIENT.test(path)
      ? path.slice(1)
      : PAGES.test(path)
        ? `examples/storefront${path}`
        : undefined
    const file =
      place === undefined ? undefined : await readFile(new URL(place, PROJECT)).catch(() => undefined)
    return file === undefined ? reply.callNotFound() : send(extname(path), file, reply)
  })

  const url = await app.listen({ host: HOST, port })
  const at = new URL(url).port
  names = [`${HOST}:${at}`, `localhost:${at}`]
  return { url, origins: names.map((name) => `http://${name}`), close: () => app.close() }
}

function send(extension: string, body: Buffer, reply: { headers(values: Record<string, string>): unknown }) {
  reply.headers({
    'content-type': TYPES[extension] ?? 'application/octet-stream',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  })
  return extension === '.ts' ? stripTypeScriptTypes(body.toString()) : body
}

/** Our own files and the service, nothing inline, no other host, no text that becomes a program. */
function policyFor(api: string | undefined): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${api ?? ''}`.trim(),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}
