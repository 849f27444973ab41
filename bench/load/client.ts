import { once } from 'node:events'
import { connect } from 'node:net'
import { messageEnd } from '../message.ts'

export interface LoadClient {
  /** Sends a request and reads its answer to the end. @returns it whole @throws Error when the server hung up */
  ask: (request: string) => Promise<string>
  close: () => void
}

/**
 * An HTTP client that knows just what the servers here answer: one response at a time, its length in a header.
 * A general one takes about as much processor time for a request as the servers that are measured take for the
 * answer, and then limits what it measures.
 */
export async function connectClient(url: string): Promise<LoadClient> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  let received = ''
  let answer: { resolve: (answer: string) => void; reject: (error: Error) => void } | undefined
  // Bytes, not characters: lengths in HTTP count those.
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    received += chunk
    if (!isWhole(received)) return
    const whole = received
    received = ''
    answer?.resolve(whole)
  })
  socket.on('error', () => {})
  socket.on('close', () => answer?.reject(new Error('the server hung up')))
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        answer = { resolve, reject }
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}

export const statusOf = (answer: string): number => Number(answer.slice(9, 12))

function isWhole(received: string): boolean {
  // 304 has no body whatever it says.
  const end = messageEnd(received, { hasBody: !received.startsWith('304', 9) })
  return end >= 0 && received.length >= end
}
