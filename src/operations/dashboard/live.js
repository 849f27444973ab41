/** @import { Stats } from '../stats.ts' */

/**
 * - `connecting`: no figures yet
 * - `live`: figures come in
 * - `lost`: they stopped, at `since`; it tries again by itself
 * - `ended`: the operator's session ended; only a login helps
 * - `paused`: nobody looks at the page
 *
 * @typedef {'connecting' | 'live' | 'lost' | 'ended' | 'paused'} LiveState
 */

// The first try comes soon, for most losses are a restart; half a minute is what an outage bears of many open pages.
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000
/** A connection can die without a word. Figures come every few seconds, so this long a silence is a loss. */
const SILENCE_MS = 15_000

/**
 * Follows `/events`, and begins anew when it breaks off. The retries of `EventSource` are not used: they come in fixed
 * intervals, and end for good at a proxy's 502.
 *
 * @param {(stats: Stats) => void} onStats
 * @param {(state: LiveState, since: number) => void} onState
 */
export function follow(onStats, onState) {
  /** @type {EventSource | undefined} */
  let source
  /** @type {LiveState} */
  let state = 'connecting'
  let since = Date.now()
  let failures = 0
  let retry = 0
  let silence = 0

  /** @param {LiveState} next */
  const become = (next) => {
    if (next === state) return
    state = next
    since = Date.now()
    onState(state, since)
  }

  const stop = () => {
    source?.close()
    source = undefined
    clearTimeout(retry)
    clearTimeout(silence)
  }

  const listenForSilence = () => {
    clearTimeout(silence)
    silence = window.setTimeout(lose, SILENCE_MS)
  }

  const open = () => {
    stop()
    const opened = new EventSource('/events')
    source = opened
    listenForSilence()
    opened.addEventListener('error', () => {
      if (source === opened) lose()
    })
    opened.addEventListener('stats', ({ data }) => {
      failures = 0
      listenForSilence()
      become('live')
      onStats(JSON.parse(data))
    })
  }

  function lose() {
    stop()
    become('lost')
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++)
    // Jitter, so that the pages of a whole team do not come back in one moment.
    retry = window.setTimeout(again, wait * (0.5 + Math.random() / 2))
  }

  // Asked before, for an EventSource does not tell why it was refused.
  async function again() {
    stop()
    const answer = await fetch('/stats', { signal: AbortSignal.timeout(SILENCE_MS) }).catch(() => undefined)
    if (state === 'paused') return
    if (answer?.status === 401) become('ended')
    else if (answer?.ok) open()
    else lose()
  }

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      stop()
      if (state === 'live') become('paused')
    } else if (state === 'paused') {
      open()
    } else if (state !== 'live') again()
  })
  window.addEventListener('online', () => {
    if (state === 'lost') again()
  })
  open()
}
