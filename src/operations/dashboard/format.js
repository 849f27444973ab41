/** Figures as text, each with its unit. What is not known is a dash. */

const NONE = '–'
// Between a figure and its unit, where no line may break.
const GAP = '\u00a0'

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** @param {number} value */
export const count = (value) => grouped.format(value)

/** @param {number | null} fraction 0 to 1 */
export function percent(fraction) {
  if (fraction === null) return NONE
  const value = fraction * 100
  if (value > 0 && value < 0.1) return `<0.1${GAP}%`
  return `${value.toFixed(value === 0 || value >= 99.95 ? 0 : 1)}${GAP}%`
}

/** @param {number} perSecond */
export function rate(perSecond) {
  return `${perSecond === 0 ? '0' : perSecond < 10 ? perSecond.toFixed(1) : count(perSecond)}${GAP}req/s`
}

/** @param {number | null} value */
export function milliseconds(value) {
  if (value === null) return NONE
  if (value >= 10_000) return `${(value / 1000).toFixed(1)}${GAP}s`
  if (value >= 1000) return `${(value / 1000).toFixed(2)}${GAP}s`
  return `${value < 10 ? value.toFixed(1) : count(value)}${GAP}ms`
}

/** @param {number | null} seconds */
export function duration(seconds) {
  if (seconds === null) return NONE
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole}${GAP}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}${GAP}min`
  if (whole < 86_400) return `${Math.floor(whole / 3600)}${GAP}h ${Math.floor((whole % 3600) / 60)}${GAP}min`
  return `${Math.floor(whole / 86_400)}${GAP}d ${Math.floor((whole % 86_400) / 3600)}${GAP}h`
}

/** @param {number} value */
export function bytes(value) {
  return value < 2 ** 30 ? `${count(value / 2 ** 20)}${GAP}MiB` : `${(value / 2 ** 30).toFixed(2)}${GAP}GiB`
}

/** @param {string | number} at */
export const clock = (at) => time.format(new Date(at))

/** @param {string | number} at */
export const hourAndMinute = (at) => minute.format(new Date(at))

/** With the day, where it is not today. @param {string} at */
export function moment(at) {
  const date = new Date(at)
  const today = date.toDateString() === new Date().toDateString()
  return today ? clock(at) : `${day.format(date)}, ${clock(at)}`
}

/** @param {number} number @param {string} one @param {string} [many] */
export const counted = (number, one, many = `${one}s`) => `${count(number)}${GAP}${number === 1 ? one : many}`
