import { ask } from './ask.js'
import { copyable, copyFrom, traceLink } from './copy.js'
import { confirmed } from './decide.js'
import { byId, element, say, show } from './element.js'
import { count, counted, moment } from './format.js'

/**
 * @import { Stats } from '../stats.ts'
 * @import * as jobs from '../../jobs/dead-letter.ts'
 * @typedef {Omit<jobs.DeadLetter, 'failedAt'> & { failedAt: string }} DeadLetter
 */

/** What fits a screen beside the rest. */
const PAGE = 10

/** @returns {(stats: Stats) => void} shows how many there are, and asks for the list when that has changed */
export function createDeadLetters() {
  const filter = byId('dead-queue', HTMLSelectElement)
  const back = byId('dead-back', HTMLButtonElement)
  const on = byId('dead-on', HTMLButtonElement)
  const table = byId('dead-letters', HTMLTableElement)
  const [body] = table.tBodies
  if (body === undefined) throw new Error('#dead-letters has no body')
  /** @type {DeadLetter[]} */
  let letters = []
  /** The cursors that led here, the last one to the page that is shown. @type {string[]} */
  let trail = []
  /** @type {string | undefined} */
  let next
  let known = ''
  let asked = 0

  async function load() {
    const query = new URLSearchParams({ limit: String(PAGE) })
    if (filter.value !== '') query.set('queue', filter.value)
    const cursor = trail.at(-1)
    if (cursor !== undefined) query.set('cursor', cursor)
    const mine = ++asked
    try {
      const page = await ask(`/dead-letters?${query}`)
      // Somebody was quicker with the next question.
      if (mine !== asked) return
      letters = page.items
      next = page.nextCursor
      if (letters.length === 0 && trail.length > 0) {
        trail = trail.slice(0, -1)
        return await load()
      }
      render()
    } catch (error) {
      tell(`The dead letters could not be read. ${error instanceof Error ? error.message : ''}`)
      // So that the next figures bring the next try.
      known = ''
    }
  }

  function render() {
    show(body ?? filter, letters.map(rowOf))
    back.disabled = trail.length === 0
    on.disabled = next === undefined
    const empty = byId('dead-empty')
    empty.hidden = letters.length > 0
    table.hidden = !empty.hidden
    const where = filter.value === '' ? '' : ` in ${filter.value}`
    say(empty, `No dead letters${where}: nothing has failed for good.`)
  }

  /** @param {string} text */
  const tell = (text) => say(byId('dead-outcome'), text)

  /**
   * @param {import('./decide.js').Act} act
   * @param {DeadLetter} letter
   */
  async function decide(act, letter) {
    if (!(await confirmed(act, letter))) return
    const name = `${letter.queue}${letter.orderId === undefined ? '' : ` of ${letter.orderId}`}`
    const index = letters.indexOf(letter)
    try {
      if (act === 'redrive') await ask(`/dead-letters/${encodeURIComponent(letter.id)}/redrive`, 'POST')
      else await ask(`/dead-letters/${encodeURIComponent(letter.id)}`, 'DELETE')
      tell(act === 'redrive' ? `Queued again: ${name}.` : `Discarded: ${name}.`)
    } catch (error) {
      tell(`Nothing was done to ${name}. ${error instanceof Error ? error.message : ''}`)
    }
    await load()
    // The button that was pressed is gone: to the same one of the next letter.
    const row = body?.rows[Math.min(index, letters.length - 1)]
    const button = row?.querySelector(`[data-act="${act}"]`)
    if (button instanceof HTMLElement) button.focus()
    else byId('dead-title').focus()
  }

  filter.addEventListener('change', () => {
    trail = []
    load()
  })
  back.addEventListener('click', () => {
    trail = trail.slice(0, -1)
    load()
  })
  on.addEventListener('click', () => {
    if (next !== undefined) trail = [...trail, next]
    load()
  })
  body.addEventListener('click', async (event) => {
    const copied = await copyFrom(event)
    if (copied !== undefined) return tell(copied)
    const button = event.target instanceof Element ? event.target.closest('[data-act]') : null
    const letter = letters.find(({ id }) => id === button?.closest('tr')?.dataset.letter)
    const act = button?.getAttribute('data-act')
    if (letter !== undefined && (act === 'redrive' || act === 'discard')) decide(act, letter)
  })

  return ({ deadLetters, queues }) => {
    say(byId('dead-count'), deadLetters === 0 ? '' : count(deadLetters))
    const names = queues.map(({ name }) => name)
    const options = ['', ...names].map((name) => element('option', { value: name }, name || 'all'))
    const { value } = filter
    show(filter, options)
    filter.value = value
    const now = JSON.stringify(queues.map(({ dead }) => dead))
    if (now === known) return
    known = now
    load()
  }
}

/** @param {DeadLetter} letter */
function rowOf({ id, queue, reason, failedAt, orderId, attempts, requestId, traceId }) {
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
