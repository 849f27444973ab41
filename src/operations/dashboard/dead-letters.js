import { ask, Refused } from './ask.js'
import { copyFrom } from './copy.js'
import { rowOf } from './dead-letter-row.js'
import { confirmed } from './decide.js'
import { byId, element, say, show } from './element.js'
import { count } from './format.js'

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
  const unread = byId('dead-unread')
  const table = byId('dead-letters', HTMLTableElement)
  const body = table.tBodies[0] ?? table.createTBody()
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
      say(unread, '')
      letters = page.items
      next = page.nextCursor
      if (letters.length === 0 && trail.length > 0) {
        trail = trail.slice(0, -1)
        return await load()
      }
      render()
    } catch (error) {
      say(unread, `The dead letters could not be read. ${wordsOf(error)}`)
      // So that the next figures bring the next try.
      known = ''
    }
  }

  function render() {
    const focused = document.activeElement
    const index = [...body.rows].findIndex((row) => row.contains(focused))
    show(body, letters.map(rowOf))
    back.disabled = trail.length === 0
    on.disabled = next === undefined
    const empty = byId('dead-empty')
    empty.hidden = letters.length > 0
    table.hidden = !empty.hidden
    const where = filter.value === '' ? '' : ` in ${filter.value}`
    say(empty, `No dead letters${where}: nothing has failed for good.`)
    if (index >= 0 && !body.contains(focused)) goOn(index, focused?.getAttribute('data-act'))
    if ([back, on].some((way) => way === focused && way.disabled)) turnRound()
  }

  /**
   * Where one is next whose row is gone: at the same button of the letter that stands there now.
   *
   * @param {number} index
   * @param {string | null | undefined} act
   */
  function goOn(index, act) {
    const row = body.rows[Math.min(index, body.rows.length - 1)]
    const button = row?.querySelector(`[data-act="${act ?? 'redrive'}"]`)
    if (button instanceof HTMLElement) button.focus()
    else byId('dead-title').focus()
  }

  /** Where one is next who turned to the last page there is. */
  function turnRound() {
    const way = [back, on].find(({ disabled }) => !disabled)
    if (way === undefined) byId('dead-title').focus()
    else way.focus()
  }

  /** @param {unknown} error */
  const wordsOf = (error) => (error instanceof Error ? error.message : '')

  /** @param {string} text */
  const tell = (text) => say(byId('dead-outcome'), text)

  /**
   * @param {import('./decide.js').Act} act
   * @param {DeadLetter} letter
   */
  async function decide(act, letter) {
    const index = letters.indexOf(letter)
    if (await confirmed(act, letter)) await carryOut(act, letter)
    // The button that was pressed went while the question stood: somebody else has decided.
    if (document.activeElement === document.body) goOn(index, act)
  }

  /**
   * @param {import('./decide.js').Act} act
   * @param {DeadLetter} letter
   */
  async function carryOut(act, letter) {
    const name = `${letter.queue}${letter.orderId === undefined ? '' : ` of ${letter.orderId}`}`
    const done = act === 'redrive' ? 'queued again' : 'discarded'
    try {
      if (act === 'redrive') await ask(`/dead-letters/${encodeURIComponent(letter.id)}/redrive`, 'POST')
      else await ask(`/dead-letters/${encodeURIComponent(letter.id)}`, 'DELETE')
      tell(act === 'redrive' ? `Queued again: ${name}.` : `Discarded: ${name}.`)
    } catch (error) {
      const what =
        error instanceof Refused
          ? `Nothing was done to ${name}`
          : `It is not known whether ${name} is ${done}`
      tell(`${what}. ${wordsOf(error)}`)
    }
    await load()
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
    // Not how many alone: one that is sent again may have died again meanwhile.
    const now = JSON.stringify(queues.map(({ dead, lastDeadAt }) => [dead, lastDeadAt]))
    if (now === known) return
    known = now
    load()
  }
}
