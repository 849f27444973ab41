/** The next round number: 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15 … @param {number} value */
export function roundUp(value) {
  if (value <= 0) return 0
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10) * power
}

/** @param {number} min @param {number} max @returns {[number, number]} whole decades around both */
export function decades(min, max) {
  const low = Math.floor(Math.log10(Math.max(min, 0.1)))
  return [10 ** low, 10 ** Math.max(low + 1, Math.ceil(Math.log10(Math.max(max, 0.1))))]
}

/** @param {number} min @param {number} max */
export function powersBetween(min, max) {
  const [low, high] = [Math.round(Math.log10(min)), Math.round(Math.log10(max))]
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
}
