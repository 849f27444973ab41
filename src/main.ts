import { endOnSignal } from '#plugins/graceful-shutdown/early-signals.ts'

/** `npm run serve`: the service alone, from its environment. */
const onWatching = endOnSignal()
// Loading the rest is most of a start, so signals are heard before.
const { serve } = await import('./serve.ts')
process.exit(await serve(process.env, onWatching))
