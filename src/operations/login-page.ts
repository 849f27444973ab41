import type { FastifyPluginAsync } from 'fastify'
import { pageHeaders } from './dashboard.ts'

/** Where a browser gives the operations token, every twelve hours. */
export const loginPage: FastifyPluginAsync = async (app) => {
  app.get<{ Querystring: { refused?: string } }>('/login', async (request, reply) => {
    reply.headers({
      ...pageHeaders,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    })
    return page(request.query.refused !== undefined)
  })
}

const page = (refused: boolean) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in · Holdfast operations</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/theme.css">
<link rel="stylesheet" href="/assets/login.css">
<main>
<form method="post" action="/login">
<h1>Holdfast operations</h1>${refused ? '\n<p role="alert" id="refused">That is not the token.</p>' : ''}
<label>Operations token <input type="password" name="token" autocomplete="current-password" required autofocus${refused ? ' aria-invalid="true" aria-describedby="refused"' : ''}></label>
<button class="primary">Log in</button>
</form>
</main>
</html>
`
