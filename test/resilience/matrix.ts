import type { FAULTS } from './faulty-http.ts'

/** What docs/resilience.md says of a cell, word for word. */
export interface Cell {
  /** What the client sees. */
  sees: string
  /** What the order becomes. */
  becomes: string
  /** How it heals. */
  heals: string
}

export type Fault = (typeof FAULTS)[number]
export type Dependency = 'payment' | 'inventory' | 'email' | 'database'

const AGAIN = 'the charge is queued and made under the same key'
const TOLD_LATER = 'the reservation is queued, and asked for until it is answered'
const MAILED_LATER = 'the mail is queued, and tried again with doubling pauses'
/** It depends on whether the database was lost before the order was placed, or while it was charged. */
const NONE_YET = 'none, or left to the completer; the same key finds out'
const WITHOUT = '`201`, as ever'

/** Every dependency × every fault. `matrix-dependencies.test.ts` and `matrix-database.test.ts` have a test for each. */
export const MATRIX: Record<Dependency, Record<Fault, Cell>> = {
  payment: {
    error: {
      sees: '`201` `payment_pending`, after four attempts at most',
      becomes: '`paid`, charged once',
      heals: AGAIN,
    },
    slow: {
      sees: '`201` `payment_pending`, after 10 s at most',
      becomes: '`paid`, charged once',
      heals: `${AGAIN}, which finds what was done`,
    },
    hang: {
      sees: '`201` `payment_pending`, after 10 s at most',
      becomes: '`paid`, charged once',
      heals: `${AGAIN}: nobody knows, so it is asked`,
    },
    reset: {
      sees: '`201` `payment_pending`, after four attempts at most',
      becomes: '`paid`, charged once',
      heals: `${AGAIN}: nobody knows, so it is asked`,
    },
    'lost response': {
      sees: '`201` `payment_pending`, after four attempts at most',
      becomes: '`paid`, charged once',
      heals: `${AGAIN}, which finds what was done`,
    },
    'rate limit': {
      sees: '`201` `payment_pending`, at once where `Retry-After` is past the deadline',
      becomes: '`paid`, charged once',
      heals: `${AGAIN}, not before the time that was named`,
    },
    garbage: {
      sees: '`201` `payment_pending`, after four attempts at most',
      becomes: '`paid`, charged once',
      heals: `${AGAIN}: no garbage is a yes or a no`,
    },
    'down for an hour': {
      sees: '`201` `payment_pending`, in under 300 ms once the circuit is open',
      becomes: '`paid`, charged once',
      heals: 'the circuit closes by itself and the queue is worked off; attempts it refused do not count',
    },
  },
  inventory: {
    error: { sees: WITHOUT, becomes: '`paid`, on the stock of the shop', heals: TOLD_LATER },
    slow: {
      sees: '`201`, a second later',
      becomes: '`paid`, on the stock of the shop',
      heals: `${TOLD_LATER}; a second time is none`,
    },
    hang: { sees: '`201`, a second later', becomes: '`paid`, on the stock of the shop', heals: TOLD_LATER },
    reset: { sees: WITHOUT, becomes: '`paid`, on the stock of the shop', heals: TOLD_LATER },
    'lost response': {
      sees: WITHOUT,
      becomes: '`paid`, on the stock of the shop',
      heals: `${TOLD_LATER}; a second time is none`,
    },
    'rate limit': {
      sees: WITHOUT,
      becomes: '`paid`, on the stock of the shop',
      heals: `${TOLD_LATER}, a second later at the soonest`,
    },
    garbage: { sees: WITHOUT, becomes: '`paid`, on the stock of the shop', heals: TOLD_LATER },
    'down for an hour': {
      sees: `${WITHOUT}; nothing waits once the circuit is open`,
      becomes: '`paid`, on the stock of the shop',
      heals: 'the circuit closes by itself and the queue is worked off; attempts it refused do not count',
    },
  },
  email: {
    error: {
      sees: WITHOUT,
      becomes: '`paid`',
      heals: `${MAILED_LATER}; a 5xx reply is for good, and a dead letter at once`,
    },
    slow: { sees: WITHOUT, becomes: '`paid`', heals: MAILED_LATER },
    hang: { sees: WITHOUT, becomes: '`paid`', heals: MAILED_LATER },
    reset: { sees: WITHOUT, becomes: '`paid`', heals: MAILED_LATER },
    'lost response': {
      sees: WITHOUT,
      becomes: '`paid`',
      heals: `${MAILED_LATER}; it may arrive twice, under one \`Message-ID\``,
    },
    'rate limit': { sees: WITHOUT, becomes: '`paid`', heals: `${MAILED_LATER} (SMTP names no time)` },
    garbage: { sees: WITHOUT, becomes: '`paid`', heals: MAILED_LATER },
    'down for an hour': {
      sees: WITHOUT,
      becomes: '`paid`',
      heals: 'the circuit closes by itself and the queue is worked off; attempts it refused do not count',
    },
  },
  database: {
    error: {
      sees: 'nothing: a statement whose session is ended is sent again',
      becomes: '`paid`, once',
      heals: 'another connection is opened',
    },
    slow: {
      sees: '`503` with `Retry-After`: a lock is waited for 3 s, a statement 4 s',
      becomes: NONE_YET,
      heals: 'the server gives the statement up, its locks with it',
    },
    hang: {
      sees: '`503` with `Retry-After` after 5 s at most, at once when it is known',
      becomes: NONE_YET,
      heals: 'its connections are replaced; used again within 10 s',
    },
    reset: {
      sees: 'nothing: a statement whose connection is lost is sent again',
      becomes: '`paid`, once',
      heals: 'another connection is opened',
    },
    'lost response': {
      sees: 'nothing: the statement is sent again, and finds what it did',
      becomes: '`paid`, once',
      heals: 'another connection is opened',
    },
    'rate limit': {
      sees: '`503` with `Retry-After` while no connection is to be had',
      becomes: NONE_YET,
      heals: 'tried again four times a second',
    },
    garbage: {
      sees: '`503` with `Retry-After`',
      becomes: NONE_YET,
      heals: 'tried again with new connections',
    },
    'down for an hour': {
      sees: '`503` with `Retry-After`, at once; products that were read, marked stale',
      becomes: NONE_YET,
      heals: 'used again within 10 s of its return, with no restart',
    },
  },
}
