import { byId, element, show, svg } from './element.js'
import { bytes, count, duration, milliseconds, percent } from './format.js'
import { toneOf } from './tones.js'

/** @import { Stats } from '../stats.ts' */

/** @param {Stats} stats */
export function showTables({ health, queues, orders, process, pool }) {
  show(
    byId('health'),
    Object.entries(health.checks).map(([name, { status, critical, circuit, latencyMs, detail }]) => {
      const found = [
        circuit === undefined ? '' : `circuit ${circuit}`,
        latencyMs === undefined ? '' : `answered in ${milliseconds(latencyMs)}`,
        detail ?? '',
        critical ? 'critical' : '',
      ]
      return element(
        'tr',
        { 'data-check': name },
        element('th', { scope: 'row' }, name),
        element('td', {}, element('span', { class: 'state', 'data-tone': toneOf(status) }, status)),
        element('td', { class: 'soft' }, found.filter((word) => word !== '').join(', ')),
      )
    }),
  )

  show(
    byId('queues'),
    queues.map(({ name, waiting, active, delayed, dead, oldestSeconds }) =>
      element(
        'tr',
        { 'data-queue': name },
        element('th', { scope: 'row' }, name),
        ...[waiting, active, delayed].map(numberCell),
        element(
          'td',
          { class: oldestSeconds === 0 ? 'zero' : null },
          duration(oldestSeconds === 0 ? null : oldestSeconds),
        ),
        dead === 0
          ? numberCell(dead)
          : element('td', {}, element('span', { class: 'state', 'data-tone': 'bad' }, count(dead))),
      ),
    ),
  )

  const total = Object.values(orders).reduce((sum, number) => sum + number, 0)
  show(
    byId('orders'),
    Object.entries(orders).map(([status, number]) =>
      shareRow(status.replaceAll('_', ' '), total === 0 ? 0 : number / total, count(number)),
    ),
  )

  const connections = `${count(pool.used)} of ${count(pool.size)}`
  show(byId('process'), [
    shareRow('event loop busy', process.eventLoopUtilization, percent(process.eventLoopUtilization)),
    shareRow('event loop delay, p99', null, milliseconds(process.eventLoopDelayP99Ms)),
    shareRow('heap in use', null, bytes(process.heapUsedBytes)),
    shareRow('resident memory', null, bytes(process.rssBytes)),
    shareRow('database connections used', pool.used / pool.size, connections),
    shareRow('waiting for a connection', null, count(pool.waiting)),
  ])
}

/** @param {number} value */
function numberCell(value) {
  return element('td', { class: value === 0 ? 'zero' : null }, count(value))
}

/**
 * @param {string} name
 * @param {number | null} share 0 to 1, null where there is no whole
 * @param {string} value
 */
function shareRow(name, share, value) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name),
    element('td', { class: 'share' }, share === null ? null : bar(share)),
    element('td', { class: value === '0' ? 'zero' : null }, value),
  )
}

/** @param {number} share */
function bar(share) {
  // A little is seen too.
  const width = share === 0 ? 0 : Math.max(1, Math.min(100, share * 100))
  return svg(
    'svg',
    { viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { width: 100, height: 6 }),
    svg('rect', { width: width.toFixed(1), height: 6 }),
  )
}
