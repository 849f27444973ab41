import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { readFilter, readPaging } from '#plugins/cursor.ts'
import { type DeadLetter, isUuid } from '../jobs/dead-letter.ts'
import type { DeadLetterPosition, DeadLetterStore } from '../jobs/dead-letter-store.ts'
import { QUEUES } from '../jobs/queues.ts'
import { problem } from '../problems.ts'

export interface DeadLetterRoutesOptions {
  deadLetters: DeadLetterStore
}

/** What is no dead letter's id is a letter that does not exist, so its form is not judged here. */
const byId = { schema: { params: Type.Object({ id: Type.String() }) }, config: { body: false } }
/** Read strictly below, all that is wrong told at once. */
const given = Type.Optional(Type.Unknown())
const page = { schema: { querystring: Type.Object({ limit: given, cursor: given, queue: given }) } }

/**
 * What failed for good, and what is done about it. Belongs on the operations listener; needs `cursors` and
 * `request.operator` there.
 */
export const deadLetterRoutes: FastifyPluginAsyncTypebox<DeadLetterRoutesOptions> = async (
  app,
  { deadLetters },
) => {
  // What stands here may be decided about a second later.
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store')
    done()
  })

  app.get('/dead-letters', page, async (request) => {
    const { value: queue, violations } = readFilter(request.query, 'queue', QUEUES)
    // A cursor leads through one list: with this filter.
    const list = `GET /dead-letters ${queue ?? ''}`
    const { limit, position } = readPaging(request.query, app.cursors, list, violations)
    // One more than asked for tells whether there is a next page.
    const after = isPosition(position) ? position : undefined
    const found = await deadLetters.list({ queue, after, limit: limit + 1 })
    const shown = found.slice(0, limit)
    const last = found.length > limit ? shown.at(-1) : undefined
    return {
      items: shown.map(({ letter }) => letter),
      ...(last && { nextCursor: app.cursors.seal(last.position, list) }),
    }
  })

  /** Accepted: it is in its queue again, and a worker takes it within a second or two. */
  app.post('/dead-letters/:id/redrive', byId, async (request, reply) => {
    const { id, queue } = await decide(request, 'redriven', deadLetters.redrive)
    return reply.code(202).send({ id, queue })
  })

  app.delete('/dead-letters/:id', byId, async (request, reply): Promise<FastifyReply> => {
    await decide(request, 'discarded', deadLetters.discard)
    return reply.code(204).send()
  })
}

/** @throws Problem not-found, also when somebody else was first */
async function decide(
  request: FastifyRequest<{ Params: { id: string } }>,
  decision: string,
  act: (id: string, operator: string) => Promise<DeadLetter | null>,
): Promise<DeadLetter> {
  const { id } = request.params
  const letter = isUuid(id) ? await act(id, request.operator) : null
  if (letter === null) {
    throw problem('not-found', {
      detail: 'There is no such dead letter; somebody may have decided about it.',
    })
  }
  const { queue, jobId, orderId, reason } = letter
  const about = { deadLetter: id, queue, jobId, orderId, reason }
  request.log.info({ ...about, operator: request.operator }, `dead letter ${decision}`)
  return letter
}

/** Sealed by us, so it is one or nothing. */
function isPosition(value: unknown): value is DeadLetterPosition {
  return Array.isArray(value) && value.length === 2
}
