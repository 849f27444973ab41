/** A line of a stream, counted from 1; without bytes where it was longer than is read. */
export interface Line {
  readonly number: number
  readonly bytes: Buffer | undefined
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Cuts chunks into lines, which end in LF or CRLF. Holds no more than one line, and of that no more than
 * `maxBytes`: the rest of a longer one is thrown away as it comes.
 */
export function createLineSplitter(maxBytes: number) {
  let held: Buffer[] = []
  let heldBytes = 0
  let number = 0

  const hold = (part: Buffer) => {
    heldBytes += part.length
    if (heldBytes > maxBytes + 1) held = []
    else held.push(part)
  }

  const finish = (): Line => {
    const whole = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held)
    const isTooLong = heldBytes > whole.length
    const bytes = whole.at(-1) === CARRIAGE_RETURN ? whole.subarray(0, -1) : whole
    held = []
    heldBytes = 0
    number++
    return { number, bytes: isTooLong || bytes.length > maxBytes ? undefined : bytes }
  }

  return {
    /** The lines that end in this chunk. They share its memory. */
    *push(chunk: Buffer): Generator<Line> {
      let start = 0
      for (;;) {
        const end = chunk.indexOf(LINE_FEED, start)
        if (end === -1) break
        hold(chunk.subarray(start, end))
        yield finish()
        start = end + 1
      }
      if (start < chunk.length) hold(chunk.subarray(start))
    },

    /** The last line, if it did not end. */
    *end(): Generator<Line> {
      if (heldBytes > 0) yield finish()
    },
  }
}
