import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from './problem-details.ts'

export interface EventStreamOptions {
  /** The name of each event. */
  event: string
  /** What it says, as one JSON value. A failure is told to `onError`, and the event left out. */
  read: () => Promise<unknown>
  /** From the start of one event to that of the next, in milliseconds. */
  everyMs: number
  /** Ends every stream: one without an end would hold up a shutdown until its time is over. */
  signal: AbortSignal
  onError: (error: unknown) => void
  /** Who may watch at once. Default 100: each holds a socket, and there are not that many operators. */
  most?: number
}

interface Made {
  readonly text: string
  /** When it was begun. */
  readonly at: number
}

interface Watcher {
  /** When it has to leave, by the system's clock. */
  readonly until: number
  stuckSince: number | undefined
  /** What it was sent: nobody is told the same twice. */
  last: Made | undefined
}

/** How long a browser waits before it comes back: a restart takes about that. */
const RETRY_MS = 2_000
/** Events that a watcher may miss because it does not read, before its connection is cut; in milliseconds. */
const PATIENCE_MS = 30_000

/**
 * The same events for everybody who watches. They are made once, however many watch, and not at all when nobody does. Nothing
 * is kept for a watcher who reads too slowly: it misses events, and the next one it gets is as new as anybody's.
 */
export function createEventStream(options: EventStreamOptions) {
  const { event, read, everyMs, signal, onError, most = 100 } = options
  const watchers = new Map<ServerResponse, Watcher>()
  let timer: NodeJS.Timeout | undefined
  let latest: Made = { text: '', at: Number.NEGATIVE_INFINITY }
  let underWay: Promise<Made> | undefined

  /** The event of now, or one that was begun less than half a period ago. */
  const current = async (): Promise<Made> => {
    if (performance.now() - latest.at < everyMs / 2) return latest
    underWay ??= make().finally(() => {
      underWay = undefined
    })
    return await underWay
  }

  const make = async (): Promise<Made> => {
    const at = performance.now()
    try {
      latest = { text: `event: ${event}\ndata: ${JSON.stringify(await read())}\n\n`, at }
      return latest
    } catch (error) {
      onError(error)
      // A comment: the connection is alive, and there is no news.
      return { text: ':\n\n', at }
    }
  }

  const push = async () => {
    for (const [response, { until }] of watchers) if (until <= Date.now()) end(response)
    if (underWay !== undefined) return
    const made = await current()
    for (const response of watchers.keys()) write(response, made)
  }

  const write = (response: ServerResponse, made: Made) => {
    const watcher = watchers.get(response)
    // It may have left, or been sent off, while the event was made.
    if (watcher === undefined || response.writableEnded) return
    if (!response.writableNeedDrain) {
      watcher.stuckSince = undefined
      // It came in the midst of a period: what it was sent then is as new as any.
      if (watcher.last === made) return
      watcher.last = made
      response.write(made.text)
      return
    }
    watcher.stuckSince ??= performance.now()
    if (performance.now() - watcher.stuckSince > PATIENCE_MS) response.destroy()
  }

  const leave = (response: ServerResponse) => {
    watchers.delete(response)
    if (watchers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  const end = (response: ServerResponse) => {
    // Who does not read would be waited for, and for events that are old.
    if (response.writableLength > 0) response.destroy()
    else response.end()
  }

  const close = () => {
    for (const response of watchers.keys()) end(response)
  }
  signal.addEventListener('abort', close)

  return {
    watchers: () => watchers.size,

    /** Ends every stream, for a listener that is closed without the process being shut down. */
    close,

    /**
     * Handles a `GET`: the first event comes at once. To a `HEAD` it says what a `GET` would get.
     *
     * @param until when whoever asks may watch no longer, in milliseconds since 1970; without end if left out
     * @throws Problem service-unavailable when too many watch
     */
    async watch(
      request: FastifyRequest,
      reply: FastifyReply,
      until = Number.POSITIVE_INFINITY,
    ): Promise<void> {
      if (watchers.size >= most) {
        throw new Problem('service-unavailable', {
          detail: `${most} watch already.`,
          headers: { 'retry-after': '10' },
        })
      }
      const response = reply.raw
      reply.hijack()
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) response.setHeader(name, value)
      }
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // nginx would collect events until they fill a buffer.
        'x-accel-buffering': 'no',
      })
      if (request.method === 'HEAD') {
        response.end()
        return
      }
      watchers.set(response, { until, stuckSince: undefined, last: undefined })
      response.once('close', () => leave(response))
      timer ??= setInterval(push, everyMs)
      response.write(`retry: ${RETRY_MS}\n\n`)
      write(response, await current())
      if (signal.aborted) response.end()
    },
  }
}
