import fastJsonStringify from 'fast-json-stringify'
import type { TSchema } from 'typebox'
import { compileValidator } from '#plugins/validation.ts'
import type { Order } from './order.ts'
import type { OrderRequest } from './placement.ts'
import * as v1 from './v1.ts'
import * as v2 from './v2.ts'

/** Where a page of a list stands among the others. */
export interface PageLinks {
  self: string
  next?: { cursor: string; href: string }
}

/** How orders are read and written in one version of the interface. */
export interface OrderVersion {
  /** The schemas of the bodies, as `openapi.yaml` shows them. */
  schemas: { create: TSchema; order: TSchema; list: TSchema }
  /** @throws Problem validation-failed with every violation */
  read: (body: unknown) => OrderRequest & { userId?: string }
  /** The JSON pointer of an item in the body that {@link read} read. */
  itemPointer: (index: number) => string
  write: (order: Order) => string
  writeList: (orders: Order[], page: PageLinks) => string
}

export type OrderVersions = Readonly<Record<number, OrderVersion>>

/** The versions there are. A new one is a file beside these, and a line here. */
export const orderVersions: OrderVersions = {
  1: defineVersion({
    schemas: { create: v1.createSchemaV1, order: v1.orderSchemaV1, list: v1.orderListSchemaV1 },
    read: v1.readV1,
    itemPointer: v1.itemPointerV1,
    present: v1.presentV1,
    presentList: v1.presentListV1,
  }),
  2: defineVersion({
    schemas: { create: v2.createSchemaV2, order: v2.orderSchemaV2, list: v2.orderListSchemaV2 },
    read: v2.readV2,
    itemPointer: v2.itemPointerV2,
    present: v2.presentV2,
    presentList: v2.presentListV2,
  }),
}

/** What a version file brings: schemas, and the pure functions that go with them. */
export interface OrderVersionDefinition<Create extends TSchema, One, List> {
  schemas: { create: Create; order: TSchema; list: TSchema }
  read: (body: import('typebox').Static<Create>) => OrderRequest & { userId?: string }
  itemPointer: (index: number) => string
  present: (order: Order) => One
  presentList: (orders: Order[], page: PageLinks) => List
}

/** Compiles a version once: its validator and its serializers. */
export function defineVersion<Create extends TSchema, One, List>(
  definition: OrderVersionDefinition<Create, One, List>,
): OrderVersion {
  const { schemas, read, itemPointer, present, presentList } = definition
  const validate = compileValidator(schemas.create, 'body')
  const writeOne = fastJsonStringify(schemas.order)
  const writeMany = fastJsonStringify(schemas.list)
  return {
    schemas,
    read: (body) => read(validate(body)),
    itemPointer,
    write: (order) => writeOne(present(order)),
    writeList: (orders, page) => writeMany(presentList(orders, page)),
  }
}

/** A version that was negotiated, so there is one. */
export function versionOf(versions: OrderVersions, version: number): OrderVersion {
  const found = versions[version]
  if (found === undefined) throw new Error(`orders have no version ${version}`)
  return found
}

/** Strong (RFC 9110 section 8.8.3): the revision counts every change, the version every form. */
export function orderEtag(order: Order, version: number): string {
  return `"${order.id}.${order.revision}.v${version}"`
}
