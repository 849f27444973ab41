import { byId, element, say, show } from './element.js'
import { count, counted, duration, milliseconds, percent, rate } from './format.js'
import { toneOf } from './tones.js'

/** @import { Stats } from '../stats.ts' */

/**
 * The verdict at the top, and the six figures under it.
 *
 * @param {Stats} stats
 */
export function showHeadline(stats) {
  const { status } = stats.health
  const verdict = byId('verdict')
  verdict.dataset.tone = toneOf(status)
  say(verdict, `${status[0]?.toUpperCase()}${status.slice(1)}`)
  say(byId('reasons'), reasonsOf(stats))
  document.title = `${verdict.textContent} · Holdfast operations`

  say(byId('about'), `${stats.instance}, up ${duration(stats.uptimeSeconds)}`)
  say(byId('version'), `Holdfast ${stats.version}`)

  const errors = stats.series.reduce((sum, { errors }) => sum + errors, 0)
  showFigure('throughput', rate(throughputOf(stats)))
  showFigure('error-rate', percent(stats.requests === 0 ? null : stats.errorRate))
  showFigure('average', milliseconds(stats.responseTimeMs.avg))
  showFigure('p50', milliseconds(stats.responseTimeMs.p50))
  showFigure('p95', milliseconds(stats.responseTimeMs.p95))
  showFigure('p99', milliseconds(stats.responseTimeMs.p99))
  say(byId('throughput-note'), `${counted(stats.requests, 'request')} last hour`)
  say(byId('error-rate-note'), `${count(errors)} of ${count(stats.requests)} last hour`)
}

/**
 * Requests a second over the last sixty seconds: those of this minute, and of the minute before the share that is not
 * yet a minute ago.
 *
 * @param {Stats} stats
 */
function throughputOf({ at, series }) {
  const [before, current] = series.slice(-2)
  if (before === undefined || current === undefined) return 0
  const elapsed = Math.min(1, (Date.parse(at) - Date.parse(current.at)) / 60_000)
  return (before.requests * (1 - elapsed) + current.requests) / 60
}

/** @param {Stats} stats */
function reasonsOf({ health, deadLetters }) {
  const reasons = Object.entries(health.checks)
    .filter(([name, { status }]) => status !== 'up' && name !== 'queue')
    .map(([name, { circuit, status }]) => `${name} ${circuit === undefined ? status : `circuit ${circuit}`}`)
  if (deadLetters > 0) reasons.push(counted(deadLetters, 'dead letter'))
  return reasons.length === 0 ? 'everything it depends on is up' : reasons.join(', ')
}

/**
 * @param {string} id
 * @param {string} text a figure, and its unit after a no-break space
 */
function showFigure(id, text) {
  const [value = '', unit] = text.split('\u00a0')
  const small = unit === undefined ? [] : [element('small', {}, `\u00a0${unit}`)]
  show(byId(id), [document.createTextNode(value), ...small])
}
