import * as typeId from 'typeid-js'

const PREFIX = 'ord'

/**
 * `ord_` and 26 characters of TypeID base32, 130 bits for the 128 of a UUIDv7: so the first is no more than 7, one has
 * the version in it and one the variant (RFC 9562 section 5.7). Of most others no UUID can be made, and asking throws.
 */
const ORDER_ID = /^ord_[0-7][0-9a-hjkmnp-tv-z]{9}[ef][0-9a-hjkmnp-tv-z]{2}[89abrstv][0-9a-hjkmnp-tv-z]{12}$/

/** A new order id: a UUIDv7, sortable by time. */
export function newOrderId(): string {
  return typeId.typeidUnboxed(PREFIX)
}

/** Whether a string from a URL can be an order's id at all. */
export function isOrderId(text: string): boolean {
  return ORDER_ID.test(text)
}

/** The UUID the database keeps for an order id, which must be well-formed. */
export function toUuid(orderId: string): string {
  return typeId.toUUID(typeId.fromString(orderId, PREFIX))
}

/** The order id of a UUID from the database. */
export function fromUuid(uuid: string): string {
  return typeId.fromUUID(uuid, PREFIX)
}
