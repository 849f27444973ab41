import { once } from 'node:events'
import { connect } from 'node:net'

/** Writes bytes to a port as they are and gives all that comes back until the other side closes. */
export async function sendRaw(port: number, bytes: string | Buffer, deadlineMs = 5_000): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(deadlineMs, () => socket.destroy(new Error('The server did not close the connection')))
  const chunks: string[] = []
  socket.setEncoding('utf8').on('data', (chunk) => chunks.push(String(chunk)))
  await once(socket, 'connect')
  socket.write(bytes)
  await once(socket, 'close')
  return chunks.join('')
}

/** The answers in what a connection gave back, each with its own length, as `fetch` would see them. */
export function parseAnswers(text: string): Response[] {
  const answers: Response[] = []
  let rest = text
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = new Headers(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon), line.slice(colon + 1).trim()]
      }),
    )
    const length = Number(headers.get('content-length') ?? 0)
    const body = Buffer.from(rest.slice(end + 4)).subarray(0, length)
    rest = Buffer.from(rest.slice(end + 4))
      .subarray(length)
      .toString()
    answers.push(new Response(body, { status: Number(statusLine.split(' ')[1]), headers }))
  }
  return answers
}
