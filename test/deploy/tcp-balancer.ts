import { connect, createServer, type Socket } from 'node:net'
import type { Lifetime } from '../support/postgres.ts'

/** How often it asks who is ready: as late as a cluster may be in taking an instance out. */
const ASK_EVERY_MS = 250

export interface TcpBalancer {
  port: number
  /** Whom it may route to, by the address of their API. One that is taken away keeps its connections. */
  instances: Set<string>
  /** Those that were ready when it last asked. */
  ready: Set<string>
}

/**
 * Routes as a Service of Kubernetes does: each new connection goes to one of those whose `/readyz` was 200 a moment ago,
 * and whoever is connected stays connected, for it knows nothing of requests.
 */
export async function startTcpBalancer(lifetime: Lifetime): Promise<TcpBalancer> {
  const balancer: TcpBalancer = { port: 0, instances: new Set(), ready: new Set() }
  const sockets = new Set<Socket>()
  let turn = 0
  const server = createServer((near) => {
    const ready = [...balancer.ready]
    const target = ready[turn++ % ready.length]
    if (target === undefined) {
      near.destroy()
      return
    }
    const far = connect({ host: '127.0.0.1', port: Number(new URL(target).port), noDelay: true })
    for (const socket of [near.setNoDelay(), far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.pipe(near)
  })
  const asking = setInterval(async () => {
    for (const instance of balancer.instances) {
      const answer = await fetch(`${instance}/readyz`, { headers: { connection: 'close' } }).catch(
        () => undefined,
      )
      if (answer?.ok === true && balancer.instances.has(instance)) balancer.ready.add(instance)
      else balancer.ready.delete(instance)
    }
  }, ASK_EVERY_MS)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => {
    clearInterval(asking)
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  balancer.port = address.port
  return balancer
}
