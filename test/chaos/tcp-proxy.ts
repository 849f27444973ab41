import { connect, createServer, type Socket } from 'node:net'
import type { Lifetime } from '../support/postgres.ts'

export type TcpProxy = Awaited<ReturnType<typeof startTcpProxy>>

/** The network between the service and its database: one port that stays, and connections that can be cut. */
export async function startTcpProxy(lifetime: Lifetime, target: () => number) {
  const pairs = new Set<[Socket, Socket]>()
  let silent = false
  let greeting: string | Buffer | undefined
  let losing = 0
  const server = createServer((near) => {
    if (greeting !== undefined)
      return void near
        .on('error', () => {})
        .resume()
        .end(greeting)
    const far = connect({ host: '127.0.0.1', port: target(), noDelay: true })
    const pair: [Socket, Socket] = [near.setNoDelay(), far]
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) socket.on('error', end).on('close', end)
    if (silent) return
    near.pipe(far)
    far.on('data', () => {
      if (losing > 0) {
        losing--
        end()
      }
    })
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    /** Resets this share of the connections, both ways, as a network does that forgot them. */
    cut(share: number, random: () => number): number {
      const chosen = [...pairs].filter(() => random() < share)
      for (const pair of chosen) for (const socket of pair) socket.resetAndDestroy()
      return chosen.length
    },

    /** From now on nothing comes through, nothing is refused, and nobody is told. */
    fallSilent(): void {
      silent = true
      for (const [near, far] of pairs) {
        near.unpipe(far).pause()
        far.unpipe(near).pause()
      }
    },

    /** New connections are answered with these bytes and closed; undefined lets them through again. */
    answerWith(bytes: string | Buffer | undefined): void {
      greeting = bytes
    },

    /** The next so many answers do not arrive: what was asked is done, and the connection gone. */
    loseAnswers(count: number): void {
      losing = count
    },
    lost: () => losing === 0,

    /** New connections come through again; those that fell silent stay so, as behind a firewall that lost them. */
    speak(): void {
      silent = false
    },
  }
}
