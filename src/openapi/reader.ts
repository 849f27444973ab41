import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../problems.ts'
import { once, type ServedFile, sendFile, servedFile } from './served-file.ts'

export interface ReaderRoutesOptions {
  /** How clients reach the API: where a request that is tried out in the reader goes. */
  publicUrl: () => string
}

const JAVASCRIPT = 'text/javascript; charset=utf-8'
const STYLESHEET = 'text/css; charset=utf-8'
const HTML = 'text/html; charset=utf-8'

/** Relative addresses, so that the reader also works below a path that a proxy takes away. */
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<main id="reader"><noscript>Reading it here needs JavaScript; <a href="openapi.yaml">openapi.yaml</a> does not.</noscript></main>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`

/** Left to itself, Swagger UI sends the document's address to a validator of its makers. */
const start = `const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
SwaggerUIBundle({
  url: 'openapi.json',
  domNode: document.getElementById('reader'),
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: 'none',
})
`

const bundle = import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js')
const stylesheet = import.meta.resolve('swagger-ui-dist/swagger-ui.css')

/** The files of the reader, by the name that stands in the page. */
const files: Readonly<Record<string, () => Promise<ServedFile>>> = {
  'start.js': once(async () => servedFile(JAVASCRIPT, start)),
  'swagger-ui-bundle.js': once(async () => servedFile(JAVASCRIPT, await readFile(new URL(bundle)))),
  'swagger-ui.css': once(async () => {
    const css = await readFile(new URL(stylesheet), 'utf8')
    // The map is not served, and whoever opens the developer tools would see it missed.
    return servedFile(STYLESHEET, css.replace(/\n*\/\*# sourceMappingURL=.*?\*\/\s*$/, '\n'))
  }),
}

/** `GET /docs`: the document for people, from this origin alone. */
export const readerRoutes: FastifyPluginAsync<ReaderRoutesOptions> = async (app, { publicUrl }) => {
  const html = servedFile(HTML, page)
  const policy = once(() => policyFor(publicUrl()))

  app.get('/docs', (request, reply) => {
    reply.header('content-security-policy', policy())
    return sendFile(request, reply, html)
  })
  app.get<{ Params: { file: string } }>('/docs/:file', async (request, reply) => {
    const { file } = request.params
    const load = Object.hasOwn(files, file) ? files[file] : undefined
    if (load === undefined) throw problem('not-found', { detail: 'The reader has no such file.' })
    return sendFile(request, reply, await load())
  })
}

/**
 * Scripts and styles from here and none in the page. Its pictures are drawn in its stylesheet (`data:`). It asks nobody
 * but this listener and, where that is reached under another name, the API by it.
 */
function policyFor(publicUrl: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${new URL(publicUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
