/** Which words are good news: the tone gives a word its shape and colour. */
const TONES = {
  healthy: 'ok',
  up: 'ok',
  closed: 'ok',
  degraded: 'warn',
  'half-open': 'warn',
  unhealthy: 'bad',
  down: 'bad',
  open: 'bad',
}

/** @param {string} word */
export const toneOf = (word) => new Map(Object.entries(TONES)).get(word) ?? 'idle'
