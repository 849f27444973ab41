import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below what systems give to whoever asks for any port, and to connections that go out: Linux from 32768 on, others from
 * 49152. Above 10080, the last of those that browsers and `fetch` refuse (Fetch Standard, port blocking).
 */
const FIRST = 10_081
const LAST = 32_767

/**
 * A TCP port of 127.0.0.1 that nothing listened on a moment ago. The system gives it to nobody by itself, so it stays free
 * until somebody wants just this one, also where it is taken late, or taken again.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST, LAST + 1)
    if (await isFree(port)) return port
  }
  throw new Error('no port is free')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
