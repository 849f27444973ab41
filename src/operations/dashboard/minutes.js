import { byId, element, show } from './element.js'
import { count, hourAndMinute, milliseconds } from './format.js'

/** @import { Minute } from '#plugins/statistics.ts' */

/**
 * The charts as figures, for who cannot see them or wants to copy them; written only while it is open.
 *
 * @param {readonly Minute[]} series
 */
export function showMinutes(series) {
  const body = byId('minutes')
  if (!body.closest('details')?.open) return
  const rows = series
    .toReversed()
    .map(({ at, requests, errors, avg, p50, p95, p99 }) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, hourAndMinute(at)),
        ...[count(requests), count(errors), ...[avg, p50, p95, p99].map(milliseconds)].map((text) =>
          element('td', { class: text === '0' || text === '–' ? 'zero' : null }, text),
        ),
      ),
    )
  show(body, rows)
}
