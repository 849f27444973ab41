import fastify from 'fastify'
import postgres from 'postgres'

/** An order by its primary key for anybody, as the database has it: the driver as it comes, one select a request. */
const sql = postgres(process.env.DATABASE_URL ?? '')

const app = fastify()
app.get<{ Params: { id: string } }>('/orders/:id', async (request) => {
  const [order] = await sql`select * from orders where id = ${request.params.id}`
  return order
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
