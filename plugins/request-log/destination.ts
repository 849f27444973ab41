import pino, { type DestinationStream } from 'pino'

/**
 * Standard output, or another file descriptor, written once a turn of the event loop: under load a dozen lines are
 * one system call, and a single line waits for nothing. What a process still held when it was killed is lost; every
 * other end flushes.
 */
export function logDestination(fd: number = process.stdout.fd): DestinationStream {
  const out = pino.destination({ fd, sync: true })
  let held = ''

  const flush = () => {
    const lines = held
    held = ''
    if (lines !== '') out.write(lines)
  }
  process.on('exit', flush)

  return {
    write(line: string) {
      if (held === '') setImmediate(flush)
      held += line
    },
  }
}
