import { copyable, traceLink } from './copy.js'
import { element } from './element.js'
import { counted, moment } from './format.js'

/** @import { DeadLetter } from './dead-letters.js' */

/**
 * A dead letter in the table, with what can be decided about it.
 *
 * @param {DeadLetter} letter
 */
export function rowOf({ id, queue, reason, failedAt, orderId, attempts, requestId, traceId }) {
  /** @type {[string, string | undefined][]} */
  const ids = [
    ['order', orderId],
    ['trace', traceId],
    ['request', requestId],
  ]
  const which = `${queue}${orderId === undefined ? '' : ` of ${orderId}`}`
  /** @param {'redrive' | 'discard'} act @param {string} word */
  const button = (act, word) =>
    element(
      'button',
      { type: 'button', 'data-act': act },
      word,
      element('span', { class: 'hidden-text' }, ` ${which}`),
    )
  return element(
    'tr',
    { 'data-letter': id },
    element('th', { scope: 'row' }, queue),
    element('td', { class: 'reason' }, reason),
    element(
      'td',
      {},
      element(
        'dl',
        { class: 'ids' },
        ...ids.flatMap(([name, value]) =>
          value
            ? [
                element('dt', {}, name),
                element('dd', {}, name === 'trace' ? traceLink(value) : copyable(value, `${name} id`)),
              ]
            : [],
        ),
      ),
    ),
    element(
      'td',
      { class: 'when' },
      element('time', { datetime: failedAt }, moment(failedAt)),
      element('br'),
      element('span', { class: 'soft' }, counted(attempts, 'attempt')),
    ),
    element('td', { class: 'decide' }, button('redrive', 'Redrive'), button('discard', 'Discard')),
  )
}
