import { ask } from './ask.js'
import { byId, element, say } from './element.js'
import { counted, duration } from './format.js'

/** @typedef {{ mode: string, rate: number, latencyMs: number, retryAfterSeconds: number }} Fault */

/** @type {ReadonlyMap<string, string>} */
const MODES = new Map([
  ['none', 'works'],
  ['error', 'answers an error'],
  ['slow', 'answers late'],
  ['hang', 'never answers'],
  ['rate-limit', 'refuses: too many'],
  ['reset', 'cuts the connection'],
  ['lost-response', 'does it, then cuts'],
])

/** The switches of the sandbox. Where there is none, nothing is asked for. */
export async function createFaultSwitches() {
  const switches = byId('fault-switches')
  switches.addEventListener('submit', async (event) => {
    event.preventDefault()
    const { target } = event
    if (!(target instanceof HTMLFormElement)) return
    const { name } = target.dataset
    const given = new FormData(target)
    const fault = {
      mode: String(given.get('mode')),
      rate: Number(given.get('percent')) / 100,
      latencyMs: Number(given.get('latency')),
    }
    await telling(async () => {
      const set = await ask(`/sandbox/faults/${name}`, 'PUT', fault)
      await load()
      return `${name} now ${wordsOf(set)}.`
    })
  })
  byId('place-orders').addEventListener('click', () =>
    telling(async () => {
      const { orders } = await ask('/sandbox/orders', 'POST', { orders: 20 })
      return `${counted(orders, 'order')} on their way.`
    }),
  )
  const load = async () => {
    /** @type {Record<string, Fault>} */
    const faults = await ask('/sandbox/faults')
    for (const [name, fault] of Object.entries(faults)) place(switches, name, fault)
  }
  await telling(async () => {
    await load()
    return ''
  })
}

/** @param {() => Promise<string>} act */
async function telling(act) {
  const outcome = byId('faults-outcome')
  try {
    say(outcome, await act())
  } catch (error) {
    say(outcome, `The sandbox: ${error instanceof Error ? error.message : error}`)
  }
}

/**
 * @param {Element} switches
 * @param {string} name
 * @param {Fault} fault
 */
function place(switches, name, fault) {
  const there = switches.querySelector(`[data-name="${name}"]`)
  if (there === null) return switches.append(formOf(name, fault))
  const state = there.querySelector('.state')
  if (state instanceof HTMLElement) {
    state.dataset.tone = toneOf(fault)
    say(state, wordsOf(fault))
  }
}

/**
 * @param {string} name
 * @param {Fault} fault
 */
function formOf(name, fault) {
  const options = [...MODES].map(([mode, words]) =>
    element('option', { value: mode, selected: mode === fault.mode }, words),
  )
  /** @param {string} label @param {string} field @param {number} value @param {number} max */
  const number = (label, field, value, max) =>
    element(
      'label',
      {},
      label,
      element('input', { type: 'number', name: field, min: 0, max, step: 'any', required: true, value }),
    )
  return element(
    'form',
    { 'data-name': name },
    element(
      'fieldset',
      {},
      element(
        'legend',
        {},
        element('b', {}, name),
        element('span', { class: 'state', 'data-tone': toneOf(fault) }, wordsOf(fault)),
      ),
      element('label', {}, 'Fault', element('select', { name: 'mode' }, ...options)),
      number('% of calls', 'percent', Math.round(fault.rate * 100), 100),
      number('Late by, ms', 'latency', fault.latencyMs, 600_000),
      element('button', {}, 'Set', element('span', { class: 'hidden-text' }, ` the fault of ${name}`)),
    ),
  )
}

/** @param {Fault} fault */
const toneOf = ({ mode, rate }) => (mode === 'none' || rate === 0 ? 'ok' : rate < 0.5 ? 'warn' : 'bad')

/** @param {Fault} fault */
function wordsOf({ mode, rate, latencyMs }) {
  if (mode === 'none' || rate === 0) return 'works'
  const late = mode === 'slow' ? ` by ${duration(latencyMs / 1000)}` : ''
  return `${MODES.get(mode) ?? mode}${late}, ${Math.round(rate * 100)}\u00a0% of calls`
}
