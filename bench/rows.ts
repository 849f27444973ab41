import type { Row } from './bench.ts'
import type { DatabaseServer } from './database.ts'
import { grownRow } from './rows/grown.ts'
import { orderRows } from './rows/order.ts'
import { orderAloneRow } from './rows/order-alone.ts'
import { orderReadRow } from './rows/order-read.ts'
import { overloadRow } from './rows/overload.ts'
import { productRows } from './rows/product.ts'
import { reapingRow } from './rows/reaping.ts'
import { startRow } from './rows/start.ts'
import { usualWayRows } from './rows/usual-way.ts'

/** Everything that is measured, in the order of the table. */
export const rowsOn = (database: DatabaseServer): Row[] => [
  ...productRows(database),
  orderReadRow(database),
  ...orderRows(database),
  orderAloneRow(database),
  ...usualWayRows(database),
  grownRow(database),
  reapingRow(database),
  overloadRow(database),
  startRow(database),
]
