import { parsePatch } from '#plugins/json-patch.ts'
import { patchedOrder } from '../../orders/patchable.ts'
import { exampleOrder } from './orders.ts'

/** One change in both forms of a patch, and what it makes of the order. */
export const orderPatches = {
  operations: [
    { op: 'test', path: '/note', value: exampleOrder.note },
    { op: 'replace', path: '/note', value: 'Please leave it with the porter.' },
    { op: 'add', path: '/shippingAddress/line2', value: 'First floor' },
  ],
  merge: { note: 'Please leave it with the porter.', shippingAddress: { line2: 'First floor' } },
}

export const exampleChangedOrder = patchedOrder(
  exampleOrder,
  parsePatch('application/json-patch+json', orderPatches.operations),
  new Date('2026-03-02T10:48:02.316Z'),
)
