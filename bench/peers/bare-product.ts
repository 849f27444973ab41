import fastify from 'fastify'

/** The same bytes from a route that does nothing else: no version, no cache, no log, no header but its own. */
const body = process.env.BODY ?? ''

const app = fastify()
app.get('/products/:id', (_request, reply) => {
  reply.type('application/json').send(body)
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
