import { createHash } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'

const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { display: grid; place-items: center; min-height: 90vh; margin: 1rem }
form { display: grid; gap: 1rem; inline-size: min(24rem, 100%) }
h1 { font-size: 1.25rem; margin: 0 }
label { display: grid; gap: .25rem }
input, button { font: inherit; padding: .5rem .75rem }
p { margin: 0; color: light-dark(#b00020, #ff8a80) }`

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** Where a browser gives the operations token, once a day. */
export const loginPage: FastifyPluginAsync = async (app) => {
  app.get<{ Querystring: { refused?: string } }>('/login', async (request, reply) => {
    reply.headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'cache-control': 'no-store',
    })
    return page(request.query.refused !== undefined)
  })
}

const page = (refused: boolean) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in</title>
<style>${STYLE}</style>
<form method="post" action="/login">
<h1>Operations</h1>${refused ? '\n<p role="alert">That is not the token.</p>' : ''}
<label>Token <input type="password" name="token" autocomplete="current-password" required autofocus></label>
<button>Log in</button>
</form>
</html>
`
