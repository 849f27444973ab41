import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'
import type { Time } from './time.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'
/** `neutral` says nothing of the dependency: the caller went away. */
export type Verdict = 'success' | 'failure' | 'neutral'
export type StateListener = (state: BreakerState, before: BreakerState) => void

/** Leave to make one call, to be handed back with its verdict exactly once. */
export interface Admission {
  readonly era: number
}

export interface BreakerOptions {
  name: string
  /** Calls in the window before their failures can open it; also so many failures in a row. At least 5. */
  volumeThreshold: number
  /** How long it stays open before it lets probes through, in milliseconds. */
  resetTimeoutMs: number
  /** Calls let through while half-open. */
  probes: number
  time: Time
}

/** Of failed calls in the window, above which it opens: below it, most callers are still served and the rest have a queue. */
const ERROR_THRESHOLD_PERCENTAGE = 50
/** Under steady traffic a dependency that dies is found out in half of it. */
const WINDOW_MS = 10_000
const BUCKETS = 10
const BUCKET_MS = WINDOW_MS / BUCKETS
/** opossum counts a call as failed when its action throws; nobody reads what. */
const FAILED = new Error('the call failed')

/**
 * opossum as the judge of finished calls. A call runs outside of it, and `fire` hears only the verdict:
 * so calls under way do not water the failure rate down, a call that its caller gave up is no verdict at all,
 * and half-open can admit several probes where opossum itself admits one. One would mean that a single slow
 * probe turns every customer away for its whole deadline, and a single unlucky one for another round.
 */
export function createBreaker(options: BreakerOptions) {
  const { time, probes } = options
  if (options.volumeThreshold < 5) throw new RangeError('volumeThreshold below 5: single failures would open')
  // Rotating the window ourselves puts it on our clock, and lets it be emptied when the breaker closes:
  // the failures that opened it would otherwise open it again at the next one.
  const window = new EventEmitter()
  const judge = new CircuitBreaker(
    (failed: boolean) => {
      if (failed) throw FAILED
      return Promise.resolve()
    },
    {
      name: options.name,
      // A whole call has a deadline of its own, probes included.
      timeout: false,
      volumeThreshold: options.volumeThreshold,
      errorThresholdPercentage: ERROR_THRESHOLD_PERCENTAGE,
      rollingCountTimeout: WINDOW_MS,
      rollingCountBuckets: BUCKETS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: window,
      resetTimeout: options.resetTimeoutMs,
    },
  )
  const listeners = new Set<StateListener>()
  let rotatedAt = time.now()
  let state: BreakerState = 'closed'
  let openSince: number | undefined
  // Each change of state begins an era; what was admitted in an earlier one no longer counts.
  let era = 0
  let probesAdmitted = 0
  let probesOut = 0
  let failuresInARow = 0

  const rotate = () => {
    const due = Math.min(Math.floor((time.now() - rotatedAt) / BUCKET_MS), BUCKETS)
    if (due <= 0) return
    rotatedAt = due === BUCKETS ? time.now() : rotatedAt + due * BUCKET_MS
    for (let i = 0; i < due; i++) window.emit('rotate')
  }
  const changeTo = (next: BreakerState) => {
    const before = state
    state = next
    era++
    probesAdmitted = 0
    probesOut = 0
    failuresInARow = 0
    if (next === 'closed') {
      openSince = undefined
      for (let i = 0; i < BUCKETS; i++) window.emit('rotate')
    } else if (before === 'closed') {
      openSince = time.now()
    }
    for (const listener of listeners) listener(next, before)
  }
  judge.on('open', () => changeTo('open'))
  judge.on('halfOpen', () => changeTo('half-open'))
  judge.on('close', () => changeTo('closed'))

  const pass = async (failed: boolean) => {
    rotate()
    await judge.fire(failed).catch(() => {})
    // A window full of good calls would hide for seconds that every call fails now.
    if (failed && judge.closed && failuresInARow >= options.volumeThreshold) judge.open()
  }

  return {
    /** @returns leave for one call, or undefined where it must not be made */
    admit(): Admission | undefined {
      if (state === 'open') return undefined
      if (state === 'half-open') {
        if (probesAdmitted >= probes) return undefined
        probesAdmitted++
        probesOut++
      }
      return { era }
    },

    /** Whether a call that was admitted may go on to another attempt. */
    permits: (admission: Admission): boolean => state === 'closed' || admission.era === era,

    /** Hands the leave back. It resolves when the state is what the verdict made it. */
    async report(admission: Admission, verdict: Verdict): Promise<void> {
      if (admission.era !== era) return
      if (state === 'half-open') {
        probesOut--
        if (verdict === 'neutral') probesAdmitted--
        else if (verdict === 'success') await pass(false)
        // While another probe is out, that one has the last word; and each of them is bounded.
        else if (probesOut === 0) await pass(true)
        return
      }
      if (verdict === 'neutral') return
      failuresInARow = verdict === 'failure' ? failuresInARow + 1 : 0
      await pass(verdict === 'failure')
    },

    state: () => state,
    /** Milliseconds since the epoch; since it last was closed. */
    openSince: () => openSince,
    onStateChange(listener: StateListener): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => judge.shutdown(),
  }
}
