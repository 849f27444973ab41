import express from 'express'

/** The same bytes by Express 5, without what it would add by itself and no client asked for: its name, its hash. */
const body = process.env.BODY ?? ''

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.get('/products/:id', (_request, response) => {
  response.type('application/json').send(body)
})
app.listen(Number(process.env.PORT), '127.0.0.1')
