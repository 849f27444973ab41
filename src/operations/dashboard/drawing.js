import uPlot from '/assets/uplot.js'
import { hourAndMinute } from './format.js'
import { decades, powersBetween } from './scales.js'

/** @import { Chart } from './charts.js' */

export const HEIGHT = 176
const FONT = '11px system-ui, sans-serif'

const bars = uPlot.paths.bars?.({ size: [0.72, 12] })

/**
 * @param {Chart} chart
 * @param {number} width
 * @param {() => void} onCursor
 * @returns {uPlot.Options}
 */
export function optionsOf({ top, axis: axisText, lines }, width, onCursor) {
  const grid = { stroke: () => colourOf('--line'), width: 1 }
  const axis = { stroke: () => colourOf('--soft'), font: FONT, ticks: { show: false }, grid }
  return {
    width,
    height: HEIGHT,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'hour' }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
    hooks: { setCursor: [onCursor] },
    scales: {
      x: { range: (_, min, max) => [min - 30, max + 30] },
      y: top
        ? { range: (_, __, max) => [0, top(max ?? 0)] }
        : { distr: 3, range: (_, min, max) => decades(min ?? 1, max ?? 1000) },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        incrs: [300, 600, 900, 1800],
        space: 56,
        size: 24,
        values: (_, splits) => splits.map((at) => hourAndMinute(at * 1000)),
      },
      {
        ...axis,
        size: 52,
        gap: 6,
        space: 30,
        ...(top
          ? {
              values: (_, splits) => splits.map((value) => axisText(value)),
            }
          : {
              splits: (_, __, min, max) => powersBetween(min, max),
              filter: (_, splits) => splits,
              values: (_, splits) => splits.map((value) => axisText(value)),
            }),
      },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        stroke: () => colourOf(line.colour),
        ...(line.width === undefined
          ? {
              width: 0,
              fill: () => colourOf(line.colour),
              ...(bars && { paths: bars }),
              points: { show: false },
            }
          : {
              width: line.width,
              dash: line.dash ?? [],
              points: { show: true, size: 4, width: 0, fill: () => colourOf(line.colour), filter: lonely },
            }),
      })),
    ],
  }
}

/**
 * A minute between two without traffic is no line: it gets a point.
 *
 * @param {uPlot} drawing
 * @param {number} series
 */
function lonely(drawing, series) {
  const values = drawing.data[series] ?? []
  return [...values.keys()].filter(
    (index) => values[index] != null && values[index - 1] == null && values[index + 1] == null,
  )
}

/** @param {string} property */
const colourOf = (property) => getComputedStyle(document.body).getPropertyValue(property)
