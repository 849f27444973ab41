import { createCharts } from './charts.js'
import { showCircuits } from './circuits.js'
import { showConnection } from './connection.js'
import { createDeadLetters } from './dead-letters.js'
import { byId } from './element.js'
import { createFaultSwitches } from './faults.js'
import { showHeadline } from './headline.js'
import { follow } from './live.js'
import { showMinutes } from './minutes.js'
import { showTables } from './tables.js'

/** @import { Stats } from '../stats.ts' */

const showCharts = createCharts()
const showDeadLetters = createDeadLetters()
/** @type {Stats | undefined} */
let latest

follow(
  (stats) => {
    latest = stats
    showHeadline(stats)
    showCharts(stats.series)
    showCircuits(stats)
    showTables(stats)
    showDeadLetters(stats)
    showMinutes(stats.series)
  },
  (state, since) => showConnection(state, since, latest?.at),
)

byId('minutes')
  .closest('details')
  ?.addEventListener('toggle', () => {
    if (latest !== undefined) showMinutes(latest.series)
  })

if (document.body.dataset.parts?.split(' ').includes('sandbox')) createFaultSwitches()
