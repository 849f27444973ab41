/**
 * Numbers from 0 up to 1, the same ones for the same seed and stream (mulberry32). A dependency has a stream
 * of its own, so traffic to one does not shift the fate of calls to another.
 */
export function createRandom(seed: number, stream: string): () => number {
  let state = seed >>> 0
  for (const character of stream) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
