import { LRUCache } from 'lru-cache'
import { within } from '#plugins/within.ts'

export interface StaleIfErrorOptions<Value> {
  /** Whether a failure to load means that the source is away, so that an old copy may stand in. */
  isAway: (error: unknown) => boolean
  /** How often the source has answered anybody so far, about whatever: one more, and it is no longer away. */
  answers: () => number
  /** Bytes a value takes, for the bound on them all. */
  sizeOf: (value: Value) => number
  /** How long a copy answers without asking again, in milliseconds; 0: nobody is given what was read before they came. */
  freshMs: number
  maxEntries: number
  maxBytes: number
  /** What a reader without a copy is told when nothing came in {@link GIVE_UP_MS}. */
  tooSlow: () => Error
  /** A clock in milliseconds that never goes back. */
  now?: () => number
}

/** A value, and whether it is an old copy that stands in for a source that is away. */
export interface Found<Value> {
  readonly value: Value
  readonly stale: boolean
}

interface Held<Value> {
  value: Value
  freshUntil: number
  /** Of all that was held when it was loaded; another one now means it was made old since. */
  generation: number
  /** The number of the load that brought it: a higher one began later, and knows more. */
  load: number
}

/** Who has an old copy at hand waits no longer than this for a new one: a source this slow is as good as away. */
const PATIENCE_MS = 1_000
/** A load may queue behind another that has to time out first; two of them are longer than anybody should wait. */
const GIVE_UP_MS = 9_000

export type Load<Value> = () => Promise<Value | undefined>

/**
 * Keeps what was read, within bounds: for a short time as the answer, and after that for the day when the source
 * is away (RFC 5861 section 4). One key is loaded once at a time, however many ask.
 */
export function createStaleIfError<Value extends object>(options: StaleIfErrorOptions<Value>) {
  const { isAway, answers, sizeOf, freshMs, tooSlow, now = () => performance.now() } = options
  const held = new LRUCache<string, Held<Value>>({
    max: options.maxEntries,
    maxSize: options.maxBytes,
    sizeCalculation: ({ value }) => sizeOf(value),
  })
  const flights = new Map<string, Promise<Value | undefined>>()
  const nextFlights = new Map<string, Promise<Value | undefined>>()
  let generation = 0
  let loads = 0
  // What had been answered when a load began that failed: until there is more, nobody with a copy waits to fail again.
  let answersWhenLost: number | undefined
  const sourceIsAway = () => answersWhenLost === answers()
  // A load that fails late knows less than one that began after it.
  const lostAt = (count: number) => {
    answersWhenLost = Math.max(answersWhenLost ?? 0, count)
  }

  function giveUp(): never {
    throw tooSlow()
  }

  /** Where nothing is ever fresh, who comes while a load is under way waits for the next: this one may have read before. */
  function join(key: string, load: Load<Value>): Promise<Value | undefined> {
    const underWay = flights.get(key)
    if (underWay === undefined) return fly(key, load)
    if (freshMs > 0) return underWay
    const takeOff = () => {
      nextFlights.delete(key)
      return fly(key, load)
    }
    const next = nextFlights.get(key) ?? underWay.then(takeOff, takeOff)
    nextFlights.set(key, next)
    return next
  }

  function fly(key: string, load: Load<Value>): Promise<Value | undefined> {
    const startedIn = generation
    const number = ++loads
    const answersBefore = answers()
    const flight: Promise<Value | undefined> = load().then(
      (value) => {
        // Made old meanwhile, it may have read what was before: it only stands in.
        const isOld = flights.get(key) !== flight
        if (!isOld) flights.delete(key)
        if ((held.peek(key)?.load ?? 0) > number) return value
        const freshUntil = isOld ? Number.NEGATIVE_INFINITY : now() + freshMs
        if (value === undefined) held.delete(key)
        else held.set(key, { value, freshUntil, generation: startedIn, load: number })
        return value
      },
      (error: unknown) => {
        if (flights.get(key) === flight) flights.delete(key)
        if (isAway(error)) lostAt(answersBefore)
        throw error
      },
    )
    flights.set(key, flight)
    return flight
  }

  return {
    /** @returns a copy that is young enough to answer with, at once */
    fresh(key: string): Value | undefined {
      const copy = held.get(key)
      return copy !== undefined && copy.generation === generation && copy.freshUntil > now()
        ? copy.value
        : undefined
    },

    /**
     * @param load reads it from where it lives; undefined when there is none
     * @returns the value as it is now, or an old copy while the source is away; undefined when there is none
     * @throws what `load` throws, when no copy can stand in
     */
    async read(key: string, load: Load<Value>): Promise<Found<Value> | undefined> {
      const copy = held.get(key)
      const answersBefore = answers()
      const flight = join(key, load)
      // Whoever stops waiting leaves a flight that may fail with nobody listening.
      flight.catch(() => {})
      try {
        if (copy === undefined) return current(await within(GIVE_UP_MS, flight, giveUp))
        if (!sourceIsAway()) return current(await within(PATIENCE_MS, flight, giveUp))
      } catch (error) {
        if (copy === undefined || !isAway(error)) throw error
        lostAt(answersBefore)
      }
      return { value: copy.value, stale: true }
    },

    /** What these keys hold is old from now on: it is asked for again, and stands in only for a source away. */
    invalidate(keys: Iterable<string>): void {
      for (const key of keys) {
        flights.delete(key)
        const copy = held.peek(key)
        if (copy !== undefined) copy.freshUntil = Number.NEGATIVE_INFINITY
      }
    },

    /** The same for everything, whatever there is, in no time. */
    invalidateAll(): void {
      generation++
      flights.clear()
    },
  }
}

function current<Value>(value: Value | undefined): Found<Value> | undefined {
  return value === undefined ? undefined : { value, stale: false }
}
