import { createServer, type RequestListener } from 'node:http'
import type { Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { type BearerAuthOptions, bearerAuth } from '#plugins/bearer-auth.ts'
import { problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { problems } from '#src/problems.ts'

const format = { catalogue: problems, publicUrl: 'https://api.example.com' }
export const SECRET = 'a secret of thirty-two bytes and more'
/** Seconds since the epoch at which every test begins. */
export const START = 1_800_000_000

/** A service that tells who asks: `/me` refuses strangers, `/greeting` does not. */
export async function identityService(
  t: TestContext,
  options: BearerAuthOptions,
  log?: Writable,
): Promise<FastifyInstance> {
  const logger = log === undefined ? false : { level: 'trace', stream: log }
  const app = Fastify({ ...problemServerOptions(format), logger })
  t.after(() => app.close())
  await app.register(problemDetails, format)
  await app.register(bearerAuth, options)
  app.get('/me', { onRequest: app.authenticate }, async (request) => request.principal)
  app.get('/greeting', { onRequest: app.identify }, async (request) => ({ caller: request.caller }))
  app.get('/both', { onRequest: [app.identify, app.authenticate] }, async (request) => request.principal)
  app.get('/forgotten', async (request) => request.principal)
  return app
}

/** Signs what a good token has, with what is given put over it. */
export function sign(
  claims: Record<string, unknown>,
  key: Parameters<SignJWT['sign']>[0] = new TextEncoder().encode(SECRET),
  header: { alg: string; [name: string]: unknown } = { alg: 'HS256' },
): Promise<string> {
  return new SignJWT({ sub: 'ann', exp: START + 3_600, ...claims }).setProtectedHeader(header).sign(key)
}

export async function keyPair(algorithm: 'RS256' | 'ES256' | 'EdDSA', kid?: string) {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), ...(kid === undefined ? {} : { kid }) }
  const header = { alg: algorithm, ...(kid === undefined ? {} : { kid }) }
  return { jwk, privateKey, token: (claims = {}) => sign(claims, privateKey, header) }
}

/** A real key server. What it publishes, how it answers and whether it is there can be changed. */
export async function keyServer(t: TestContext, keys: unknown[]) {
  const state = {
    keys,
    fetches: 0,
    answer: undefined as RequestListener | undefined,
    url: '',
    away: () => close(),
    back: () => listen(),
  }
  const server = createServer((request, response) => {
    state.fetches += 1
    if (state.answer !== undefined) state.answer(request, response)
    else response.end(JSON.stringify({ keys: state.keys }))
  })
  let port = 0
  await listen()
  t.after(close)
  return state

  async function listen(): Promise<void> {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const address = server.address()
    if (address !== null && typeof address === 'object') port = address.port
    state.url = `http://127.0.0.1:${port}/jwks`
  }

  async function close(): Promise<void> {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Asks `/me` with a token. */
export function ask(app: FastifyInstance, token: string) {
  return app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } })
}
