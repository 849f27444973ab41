import * as typeId from 'typeid-js'

const PREFIX = 'ord'

/** `ord_` and 26 characters of TypeID base32; a UUIDv7 takes no more than 0 to 7 in the first of them. */
const ORDER_ID = /^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$/

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
