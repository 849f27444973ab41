import uPlot from '/assets/uplot.js'
import { HEIGHT, optionsOf } from './drawing.js'
import { byId, element, show, svg } from './element.js'
import { count, hourAndMinute, milliseconds, percent } from './format.js'
import { roundUp } from './scales.js'

/**
 * @import { Minute } from '#plugins/statistics.ts'
 *
 * @typedef {object} Line
 * @property {string} label
 * @property {(minute: Minute) => number | null} of
 * @property {string} colour a custom property of theme.css
 * @property {number} [width] pixels; left out, bars are drawn
 * @property {number[]} [dash]
 *
 * @typedef {object} Chart
 * @property {string} id
 * @property {(value: number | null) => string} format
 * @property {(highest: number) => number} [top] where the scale ends; left out, it is logarithmic
 * @property {(value: number) => string} axis what stands at the scale
 * @property {string} empty
 * @property {readonly Line[]} lines
 */

/** @type {readonly Chart[]} */
const CHARTS = [
  {
    id: 'traffic',
    format: (value) => (value === null ? '–' : count(value)),
    top: (highest) => Math.max(4, roundUp(highest)),
    axis: (value) => (Number.isInteger(value) ? count(value) : ''),
    empty: 'No requests in the last hour',
    lines: [{ label: 'requests', of: ({ requests }) => requests, colour: '--accent' }],
  },
  {
    id: 'errors',
    format: percent,
    // Not less than 4 %, so that a single error does not look like a catastrophe.
    top: (highest) => Math.min(1, Math.max(0.04, roundUp(highest * 100) / 100)),
    axis: (value) => `${Number((value * 100).toFixed(1))}\u00a0%`,
    empty: 'No requests in the last hour',
    lines: [
      {
        label: 'of answers',
        of: ({ errors, requests }) => (requests === 0 ? null : errors / requests),
        colour: '--bad',
      },
    ],
  },
  {
    id: 'latency',
    format: milliseconds,
    axis: (ms) => (ms >= 1000 ? `${ms / 1000}\u00a0s` : `${ms}\u00a0ms`),
    empty: 'No answers to be timed in the last hour',
    lines: [
      { label: 'p99', of: ({ p99 }) => p99, colour: '--accent', width: 1, dash: [2, 3] },
      { label: 'p95', of: ({ p95 }) => p95, colour: '--accent', width: 1.25, dash: [7, 4] },
      { label: 'p50', of: ({ p50 }) => p50, colour: '--accent', width: 2 },
    ],
  },
]

/** @returns {(series: readonly Minute[]) => void} shows the last hour */
export function createCharts() {
  const shows = CHARTS.map(createChart)
  return (series) => {
    for (const showOne of shows) showOne(series)
  }
}

/** @param {Chart} chart */
function createChart(chart) {
  const figure = byId(chart.id)
  const [plot, readout] = [figure.querySelector('.plot'), figure.querySelector('.readout')]
  if (!(plot instanceof HTMLElement) || readout === null) throw new Error(`#${chart.id} has no place to draw`)
  /** @type {readonly Minute[]} */
  let shown = []

  const drawing = new uPlot(optionsOf(chart, plot.clientWidth, read), [[]], plot)
  new ResizeObserver(() => drawing.setSize({ width: plot.clientWidth, height: HEIGHT })).observe(plot)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawing.redraw(false, true))

  /** The minute under the pointer, else the last full one. */
  function read() {
    const minute = shown[drawing.cursor.idx ?? shown.length - 2]
    if (readout === null || minute === undefined) return
    show(readout, [
      element('span', {}, hourAndMinute(minute.at)),
      ...chart.lines
        .toReversed()
        .map((line) =>
          element('span', {}, key(line), `${line.label} `, element('b', {}, chart.format(line.of(minute)))),
        ),
    ])
  }

  /** @param {readonly Minute[]} series */
  return (series) => {
    shown = series
    const columns = chart.lines.map(({ of }) => series.map(of))
    drawing.setData([series.map(({ at }) => Date.parse(at) / 1000), ...columns])
    read()
    const quiet = series.every(({ requests }) => requests === 0)
    plot.toggleAttribute('data-empty', quiet)
    if (quiet) plot.dataset.empty = chart.empty
    plot.ariaLabel = `${summaryOf(chart, columns)} The figures are in the table at the end of the page.`
  }
}

/** @param {Line} line */
function key({ width, dash }) {
  if (width === undefined) return null
  return svg(
    'svg',
    { viewBox: '0 0 20 8', 'aria-hidden': 'true' },
    svg('line', { x2: 20, y1: 4, y2: 4, 'stroke-width': width, 'stroke-dasharray': (dash ?? []).join(' ') }),
  )
}

/**
 * @param {Chart} chart
 * @param {(number | null)[][]} columns
 */
function summaryOf({ lines, format }, columns) {
  const parts = lines.map(({ label }, index) => {
    const values = (columns[index] ?? []).filter((value) => value !== null)
    return `${label} at most ${values.length === 0 ? 'unknown' : format(Math.max(...values))}`
  })
  return `Over the last hour, ${parts.join(', ')}.`
}
