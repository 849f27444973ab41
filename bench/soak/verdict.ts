import type { Held, Sample } from './sample.ts'

/** What was held while a tenth of the requests were answered. */
export interface Tenth extends Held {
  /** Until when it lasted, in milliseconds since the soak began. */
  endedAt: number
}

export interface Judgement {
  what: string
  /** The most of the middle tenths, and the least of the last ones. */
  middle: number
  last: number
  margin: number
  grew: boolean
}

const MIB = 2 ** 20

/**
 * Between the middle tenths (the fourth to the sixth) and the last three lie two tenths at least: of a million
 * requests, 200,000. So the margins are what one may lose without being found: 21 bytes of heap a request, and 84 of
 * resident memory, which an allocator gives back in lumps. Of files, sockets and connections a few come and go with
 * the load, since pools grow and shrink; one lost in 10,000 requests would be twenty.
 */
const MARGINS: [keyof Held, string, number][] = [
  ['heapBytes', 'heap', 4 * MIB],
  ['rssBytes', 'resident memory', 16 * MIB],
  ['files', 'file descriptors', 5],
  ['sockets', 'sockets', 5],
  ['connections', 'database connections', 2],
]

/** With fewer the heap is not done with its first growth, and what it holds says nothing. */
const LEAST_FOR_MEMORY = 100_000

/**
 * What the samples of each tenth come to. Of the heap and of resident memory the least, for the rest is garbage that
 * nobody has collected yet; of what is counted the most.
 *
 * @param samples at least one of each tenth
 */
export function tenthsOf(samples: readonly Sample[], requests: number): Tenth[] {
  return Array.from({ length: 10 }, (_, index) => {
    const within = samples.filter((sample) => tenthAt(sample.requests, requests) === index)
    const all = (measure: keyof Sample) => within.map((sample) => sample[measure])
    return {
      endedAt: Math.max(...all('at')),
      rssBytes: Math.min(...all('rssBytes')),
      heapBytes: Math.min(...all('heapBytes')),
      files: Math.max(...all('files')),
      sockets: Math.max(...all('sockets')),
      connections: Math.max(...all('connections')),
    }
  })
}

/** @returns 0 to 9; the visits that were under way at the end belong to the last */
export const tenthAt = (answered: number, requests: number): number =>
  Math.min(9, Math.floor((10 * answered) / requests))

/** @returns a judgement of everything that so many requests tell something of */
export function judge(tenths: readonly Tenth[], requests: number): Judgement[] {
  const measures = MARGINS.filter(([measure]) => !measure.endsWith('Bytes') || requests >= LEAST_FOR_MEMORY)
  return measures.map(([measure, what, margin]) => {
    const middle = Math.max(...tenths.slice(3, 6).map((tenth) => tenth[measure]))
    const last = Math.min(...tenths.slice(7).map((tenth) => tenth[measure]))
    return { what, middle, last, margin, grew: last > middle + margin }
  })
}
