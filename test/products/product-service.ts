import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import fastify from 'fastify'
import { acceptVersion } from '#plugins/accept-version.ts'
import { cursor } from '#plugins/cursor.ts'
import { createDatabase as openDatabase } from '#plugins/database.ts'
import { problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { problems } from '#src/problems.ts'
import { createProductCache, productCache } from '#src/products/product-cache.ts'
import { productRoutes } from '#src/products/routes.ts'
import { createProductStore } from '#src/products/store.ts'
import { createDatabase } from '../support/postgres.ts'

export interface ProductServiceOptions {
  freshMs?: number
}

/** The public half of the catalogue and nothing else, on a database of the test's own behind a line that can be cut. */
export async function startProductService(t: TestContext, options: ProductServiceOptions = {}) {
  const direct = new URL(await createDatabase(t))
  const line = await openLine(Number(direct.port), direct.hostname)
  const url = new URL(direct)
  url.port = String(line.port)
  const database = openDatabase({ url: url.href, poolSize: 4 })
  const store = createProductStore(database, 'USD')
  const cache = createProductCache({ store, answers: database.answers, freshMs: options.freshMs ?? 1000 })

  const format = { catalogue: problems, publicUrl: 'https://api.example.com' }
  const app = fastify({ ...problemServerOptions(format) })
  await app.register(problemDetails, format)
  await app.register(acceptVersion, {
    vendor: 'holdfast',
    defaultVersion: 1,
    lifecycles: { 1: { deprecation: new Date('2027-01-31') } },
    deprecationLink: 'https://api.example.com/docs',
  })
  await app.register(cursor, { secret: 'a secret for the tests of the catalogue' })
  await app.register(productCache, { productCache: cache })
  await app.register(productRoutes, { store })

  t.after(async () => {
    await app.close()
    await database.close()
    line.close()
  })
  return { app, database, databaseUrl: direct.href, store, cache, line }
}

/** A TCP relay: `cut` drops what is open and takes nothing new until `mend`. */
async function openLine(port: number, host: string) {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((inner) => {
    if (isCut) {
      inner.resetAndDestroy()
      return
    }
    const outer = connect(port, host)
    for (const socket of [inner, outer]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        inner.destroy()
        outer.destroy()
      })
    }
    inner.pipe(outer).pipe(inner)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the relay has no port')
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: address.port,
    cut,
    mend: () => {
      isCut = false
    },
    close: () => {
      cut()
      server.close()
    },
  }
}
