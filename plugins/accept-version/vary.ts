import type { FastifyReply } from 'fastify'
import { createDecisionCache } from '../decision-cache.ts'
import { mergeVary } from '../problem-details/render.ts'

/** What negotiation looks at, so what a cache has to tell apart. */
const VARY = 'Accept, Accept-Version'

/** Adds `Accept` and `Accept-Version` to what the answer varies on, each name once. */
export function varyOnVersion(reply: FastifyReply): void {
  const before = reply.getHeader('vary')
  if (before === undefined) reply.header('vary', VARY)
  else if (before !== VARY) reply.header('vary', withVersion.get(String(before)))
}

/** Other plugins set only a few values. */
const withVersion = createDecisionCache((before) => mergeVary([before], VARY))
