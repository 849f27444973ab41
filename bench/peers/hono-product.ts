import { serve } from '@hono/node-server'
import { Hono } from 'hono'

/** The same bytes by Hono, over its own adapter for Node. */
const body = process.env.BODY ?? ''

const app = new Hono()
app.get('/products/:id', (context) => context.body(body, 200, { 'content-type': 'application/json' }))
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT) })
