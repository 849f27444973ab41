import { writeSync } from 'node:fs'
import { hostname } from 'node:os'
import type { DestinationStream } from 'pino'

/** For a pipe to be read, which is full. Nothing else is done meanwhile, or what is held would grow without end. */
const FULL_PIPE_PAUSE_MS = 100
const NEWLINE = 0x0a

/**
 * Standard output, or another file descriptor, written once a turn of the event loop: under load a dozen lines are
 * one system call, and a single line waits for nothing. What a process still held when it was killed is lost; every
 * other end flushes.
 *
 * What cannot be written is lost too, for a full disk or a reader that has gone is no reason to stop selling. How many
 * lines that were is said once, as soon as there is room again.
 */
export function logDestination(fd: number = process.stdout.fd): DestinationStream {
  let held = ''
  let lost = 0
  let reason = ''
  let isTorn = false

  /** Returns what could not be written. */
  function write(text: string): Buffer {
    let left = Buffer.from(text)
    while (left.length > 0) {
      try {
        const written = writeSync(fd, left)
        isTorn = left[written - 1] !== NEWLINE
        left = left.subarray(written)
      } catch (error) {
        if (!isBusy(error)) {
          reason = String(error instanceof Error ? error.message : error)
          break
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_PAUSE_MS)
      }
    }
    return left
  }

  /** True once there is nothing to say any more. */
  function saidWhatWasLost(): boolean {
    if (lost === 0) return true
    // The half of a line that still had room is none of the next one's.
    if (write(`${isTorn ? '\n' : ''}${lossOf(lost, reason)}\n`).length > 0) return false
    lost = 0
    return true
  }

  const flush = () => {
    const lines = held
    held = ''
    if (lines === '') return
    const left = saidWhatWasLost() ? write(lines) : Buffer.from(lines)
    lost += linesIn(left)
  }
  process.on('exit', flush)

  return {
    write(line: string) {
      if (held === '') setImmediate(flush)
      held += line
    },
  }
}

/** In the form of the log, which ends up here and cannot be asked for a line. */
const lossOf = (lost: number, reason: string): string =>
  JSON.stringify({
    level: 'warn',
    time: new Date().toISOString(),
    pid: process.pid,
    hostname: hostname(),
    lost,
    reason,
    msg: 'lines of the log were lost',
  })

const isBusy = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EAGAIN'

function linesIn(text: Buffer): number {
  let count = 0
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) count++
  return count
}
