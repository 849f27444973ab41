import type { WriteStream } from 'node:tty'

const BAR = 30
/** Often enough to look alive, seldom enough to cost nothing. */
const EVERY_MS = 100
/** In a log, a line now and then is enough. */
const PLAIN_EVERY_MS = 5_000

/**
 * Says how far it is: as a bar that moves where somebody watches, as a line now and then where nobody does.
 *
 * @param total bytes in all; undefined when it cannot be known
 */
export function createProgress(out: WriteStream, total: number | undefined) {
  const started = performance.now()
  let done = 0
  let shownAt = started
  let ended = false

  const text = () => {
    const mebibytes = (done / 1024 ** 2).toFixed(1)
    const rate = (done / 1024 ** 2 / Math.max((performance.now() - started) / 1000, 0.001)).toFixed(1)
    return total === undefined || total === 0
      ? `${mebibytes} MiB, ${rate} MiB/s`
      : `${String(Math.floor((100 * done) / total)).padStart(3)} % of ${(total / 1024 ** 2).toFixed(1)} MiB, ${rate} MiB/s`
  }

  const show = () => {
    if (!out.isTTY) {
      out.write(`${text().trim()}\n`)
      return
    }
    const filled = total === undefined || total === 0 ? 0 : Math.floor((BAR * done) / total)
    const bar = total === undefined ? '' : `[${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}] `
    out.write(`\r${bar}${text()}\u001b[K`)
  }

  return {
    /** So many bytes more have gone out. */
    add(bytes: number): void {
      done += bytes
      const now = performance.now()
      if (now - shownAt < (out.isTTY ? EVERY_MS : PLAIN_EVERY_MS)) return
      shownAt = now
      show()
    },
    /** Leaves the last state standing. Does nothing the second time. */
    end(): void {
      if (ended) return
      ended = true
      if (out.isTTY) {
        show()
        out.write('\n')
      }
    },
  }
}
