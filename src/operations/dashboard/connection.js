import { byId, element, say } from './element.js'
import { clock } from './format.js'

/**
 * Says how old the figures are: one word at the top, and a banner over them when they are not of now.
 *
 * @param {import('./live.js').LiveState} state
 * @param {number} since
 * @param {string | undefined} figuresFrom when the figures that stand there were taken
 */
export function showConnection(state, since, figuresFrom) {
  const live = byId('live')
  live.dataset.live = state
  say(live, state === 'ended' ? 'logged out' : state)
  document.body.toggleAttribute('data-stale', state !== 'live' && figuresFrom !== undefined)

  const banner = byId('connection')
  banner.hidden = state !== 'lost' && state !== 'ended'
  if (banner.hidden) return
  const figures = figuresFrom === undefined ? 'no figures yet' : `showing figures from ${clock(figuresFrom)}`
  const rest =
    state === 'lost'
      ? [` since ${clock(since)}, ${figures}. Trying again by itself.`]
      : [`, ${figures}. `, element('a', { href: '/login' }, 'Log in again')]
  const what = state === 'lost' ? 'Connection lost' : 'Your session has ended'
  banner.replaceChildren(element('b', { class: 'state', 'data-tone': 'bad' }, what), ...rest)
}
