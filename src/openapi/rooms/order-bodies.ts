import { type OrderVersion, orderVersions } from '../../orders/versions.ts'
import { exampleChangedOrder } from '../examples/order-patches.ts'
import {
  exampleCancelledOrder,
  exampleOrder,
  exampleOrderPage,
  exampleOrderRequests,
  exampleOrderToCharge,
} from '../examples/orders.ts'
import type { Example } from '../open-api.ts'
import { type VersionedBody, versionedContent } from '../versioned.ts'

/** The bodies of orders in every version: as content of requests and answers, and what that refers to. */

const versions = Object.entries(orderVersions).map(([key, written]) => ({ version: Number(key), written }))

function contentOf(type: string, schema: string, examples: readonly string[]) {
  const bodies: VersionedBody[] = versions.map(({ version }) => ({
    version,
    schema: `${schema}V${version}`,
    examples: examples.map((name) => `${name}V${version}`),
  }))
  return versionedContent(type, bodies)
}

export const orderRequestContent = contentOf('order', 'CreateOrder', ['CreateOrder'])
export const placedOrderContent = contentOf('order', 'Order', ['Order', 'OrderToCharge'])
export const orderContent = contentOf('order', 'Order', ['Order'])
export const changedOrderContent = contentOf('order', 'Order', ['ChangedOrder'])
export const cancelledOrderContent = contentOf('order', 'Order', ['CancelledOrder'])
export const orderListContent = contentOf('order-list', 'OrderList', ['OrderList'])

export const orderBodySchemas = Object.fromEntries(
  versions.flatMap(({ version, written: { schemas } }) => [
    [`CreateOrderV${version}`, schemas.create],
    [`OrderV${version}`, schemas.order],
    [`OrderListV${version}`, schemas.list],
  ]),
)

export const orderBodyExamples: Readonly<Record<string, Example>> = Object.fromEntries(
  versions.flatMap(({ version, written }) =>
    Object.entries(examplesOf(version, written)).map(([name, { summary, value }]) => [
      `${name}V${version}`,
      { summary: `${summary}, version ${version}`, value },
    ]),
  ),
)

function examplesOf(version: number, { write, writeList }: OrderVersion) {
  return {
    CreateOrder: { summary: 'What to order', value: exampleOrderRequests[version] },
    Order: { summary: 'A paid order', value: JSON.parse(write(exampleOrder)) },
    OrderToCharge: { summary: 'An order yet to be charged', value: JSON.parse(write(exampleOrderToCharge)) },
    ChangedOrder: { summary: 'The order, changed', value: JSON.parse(write(exampleChangedOrder)) },
    CancelledOrder: { summary: 'A cancelled order', value: JSON.parse(write(exampleCancelledOrder)) },
    OrderList: {
      summary: 'A page of orders',
      value: JSON.parse(writeList([exampleOrder], exampleOrderPage)),
    },
  }
}
