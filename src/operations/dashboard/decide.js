import { byId, element, say, show } from './element.js'
import { moment } from './format.js'

/**
 * @import { DeadLetter } from './dead-letters.js'
 * @typedef {'redrive' | 'discard'} Act
 */

const WORDS = {
  redrive: {
    title: 'Redrive this job?',
    text: 'It is queued again and tried from the beginning. A charge, a refund or a reservation keeps its key, so nothing happens twice.',
    button: 'Redrive',
    look: 'primary',
  },
  discard: {
    title: 'Discard this job?',
    text: 'It is never tried again, and it is gone from this list. What it should have done is left undone.',
    button: 'Discard',
    look: 'danger',
  },
}

/**
 * Has an act confirmed: it is about money, and one click away from another one.
 *
 * @param {Act} act
 * @param {DeadLetter} letter
 * @returns {Promise<boolean>}
 */
export function confirmed(act, letter) {
  const dialog = byId('decision', HTMLDialogElement)
  const { title, text, button, look } = WORDS[act]
  say(byId('decision-title'), title)
  say(byId('decision-text'), text)
  const agree = byId('decision-act')
  agree.className = look
  say(agree, button)
  /** @type {[string, string | undefined][]} */
  const facts = [
    ['Queue', letter.queue],
    ['Order', letter.orderId],
    ['Failed', moment(letter.failedAt)],
    ['Reason', letter.reason],
  ]
  show(
    byId('decision-facts'),
    facts.flatMap(([name, fact]) => (fact ? [element('dt', {}, name), element('dd', {}, fact)] : [])),
  )
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'act'), { once: true })
  })
}
