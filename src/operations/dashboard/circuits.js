import { byId, element, show, svg } from './element.js'
import { clock, count, counted, duration, hourAndMinute } from './format.js'
import { toneOf } from './tones.js'

/**
 * @import { Stats } from '../stats.ts'
 * @typedef {Stats['circuits'][number]} Circuit
 */

const HOUR_MS = 3_600_000
/** A process that began just now has a shorter strip, on which what happens now is seen. */
const SHORTEST_MS = 300_000
/** Of a strip, in units that are finer than any screen's. */
const WIDTH = 10_000
/** Height and colour both tell: a closed circuit is a line, an open one a wall. */
const HEIGHTS = new Map([
  ['closed', 1],
  ['half-open', 8],
  ['open', 16],
])

/** No more changes are remembered; what was before them is not known, and not drawn. */
const MOST_CHANGES = 50

/** What a circuit was before the first of all changes in the last hour. */
const BEFORE = new Map([
  ['open', 'closed'],
  ['half-open', 'open'],
  ['closed', 'half-open'],
])

/** @param {Stats} stats */
export function showCircuits({ circuits, at, uptimeSeconds }) {
  const now = Date.parse(at)
  const reach = Math.min(HOUR_MS, uptimeSeconds * 1000)
  const span = Math.max(SHORTEST_MS, reach)
  const items = circuits.map((circuit) => {
    const periods = periodsOf(circuit, now, reach)
    return element(
      'li',
      { 'data-circuit': circuit.name },
      element(
        'h3',
        {},
        circuit.name,
        element('span', { class: 'state', 'data-tone': toneOf(circuit.state) }, circuit.state),
      ),
      strip(periods, span, summaryOf(circuit, periods)),
      element(
        'p',
        { class: 'ends' },
        element('span', {}, hourAndMinute(now - span)),
        element('span', {}, summaryOf(circuit, periods)),
        element('span', {}, 'now'),
      ),
      element(
        'dl',
        { class: 'counts' },
        ...['successes', 'failures', 'timeouts', 'rejects'].map((word) =>
          element('div', {}, element('dt', {}, word), countOf(circuit, word)),
        ),
      ),
    )
  })
  show(byId('circuits'), items)
}

/**
 * @param {Circuit} circuit
 * @param {string} word
 */
function countOf(circuit, word) {
  const value = Number(new Map(Object.entries(circuit)).get(word) ?? 0)
  return element('dd', { 'data-count': word, class: value === 0 ? 'zero' : null }, count(value))
}

/**
 * The last hour as states with their beginning and end, both in milliseconds before now.
 *
 * @param {Circuit} circuit
 * @param {number} now
 * @param {number} reach how far back anything is known: there was no circuit before the process began
 */
function periodsOf({ history, state }, now, reach) {
  const changes = history.map((change) => ({
    state: change.state,
    ago: Math.max(0, now - Date.parse(change.at)),
  }))
  const before = history.length < MOST_CHANGES ? (BEFORE.get(changes[0]?.state ?? '') ?? state) : 'unknown'
  const periods = [{ state: before, ago: Number.POSITIVE_INFINITY }, ...changes]
  return periods
    .map(({ state, ago }, index) => ({
      state,
      from: Math.min(ago, reach),
      to: periods[index + 1]?.ago ?? 0,
    }))
    .filter(({ from, to }) => from > to)
}

/**
 * @param {ReturnType<typeof periodsOf>} periods
 * @param {number} span what is drawn, in milliseconds
 * @param {string} label
 */
function strip(periods, span, label) {
  const bars = periods.map(({ state, from, to }) => {
    const height = HEIGHTS.get(state) ?? 0
    // Never too thin to be seen.
    const width = Math.max(((from - to) / span) * WIDTH, state === 'closed' ? 0 : WIDTH / 150)
    const x = Math.min((1 - from / span) * WIDTH, WIDTH - width)
    return svg('rect', { class: state, x: Math.round(x), width: Math.round(width), y: 16 - height, height })
  })
  return svg(
    'svg',
    {
      class: 'strip',
      viewBox: `0 0 ${WIDTH} 16`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': label,
    },
    ...bars,
  )
}

/**
 * @param {Circuit} circuit
 * @param {ReturnType<typeof periodsOf>} periods
 */
function summaryOf({ state, openSince }, periods) {
  const open = periods.filter((period) => period.state === 'open')
  if (state === 'open' && openSince !== undefined) return `open since ${clock(openSince)}`
  if (open.length === 0) return 'not opened'
  const seconds = open.reduce((sum, { from, to }) => sum + from - to, 0) / 1000
  return `opened ${counted(open.length, 'time')}, ${duration(seconds)} in all`
}
