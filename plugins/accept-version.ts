import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import fp from 'fastify-plugin'
import {
  type BodyTypes,
  createBodyTypeReader,
  plainBodies,
  resourceBodies,
} from './accept-version/body-types.ts'
import { createLifecycles, type LifecycleHeaders, type VersionLifecycle } from './accept-version/lifecycle.ts'
import type { Offer } from './accept-version/negotiate.ts'
import { varyOnVersion } from './accept-version/vary.ts'
import { createVersionChooser } from './accept-version/version-chooser.ts'
import { addLink } from './link-header.ts'
import { isRepeated } from './problem-details/repeated.ts'
import { Problem } from './problem-details.ts'

export type { Offer } from './accept-version/negotiate.ts'
export { varyOnVersion } from './accept-version/vary.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * An `onRequest` hook that negotiates among the versions of a resource and answers `406`, `410` or `400`
     * where none is left. From there on the answer says with `Vary` what it depends on.
     */
    acceptVersion: (offer: Offer) => VersionHook
    /**
     * An `onRequest` hook, after {@link acceptVersion}, for a body of that resource: sets `bodyVersion`, or
     * answers `415` with `Accept-Post`, and `410` where its version is past its sunset. The dates of that version stand
     * on the answer, whichever version that is in.
     */
    acceptBody: (offer: Offer) => VersionHook
    /** The same for a body of one of these media types, in no version: `415` comes with `Accept-Patch`. */
    acceptPatch: (mediaTypes: readonly string[]) => VersionHook
  }

  interface FastifyRequest {
    /** The version to answer in. 0 on a route that has none. */
    version: number
    /**
     * The exact `Content-Type` to answer with. Fastify adds a charset to the type of a string that it takes
     * for JSON, so a body that is already serialised is sent as a `Buffer`, or through `reply.serializer`.
     */
    responseType: string
    /** The version the body is written in. 0 before {@link FastifyInstance.acceptBody}. */
    bodyVersion: number
  }
}

export interface AcceptVersionOptions {
  /** The vendor's part of the media types: `holdfast` makes `application/vnd.holdfast.<type>+json`. */
  vendor: string
  /** What a client gets that does not ask. A resource without it gives its newest. */
  defaultVersion: number
  /** The dates of versions on their way out, by version. */
  lifecycles: Readonly<Record<number, VersionLifecycle>>
  /**
   * The page that says what to do, as an absolute URL: `Link: <…>; rel="deprecation"`. A function is asked with each
   * answer, where the address is known only once it is listened on.
   */
  deprecationLink: string | (() => string)
  /** The time in milliseconds since the epoch; by default the system's. */
  now?: () => number
}

export type VersionHook = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
) => void

/**
 * Negotiates resource versions by media type (RFC 9110 section 12) and announces their end (RFC 9745, RFC 8594).
 *
 * What refuses a request before negotiation (401, 404, 429) is a problem, and those carry `Vary` by themselves.
 *
 * @throws Error at start if the dates of a version contradict each other
 */
export const acceptVersion = fp<AcceptVersionOptions>(
  async (app, options) => {
    const lifecycles = createLifecycles(options.lifecycles, options.deprecationLink)
    // Where no version has a sunset, the clock need not be asked.
    const now = lifecycles.haveSunset ? (options.now ?? Date.now) : () => 0
    if (!/^[a-z0-9-]+$/.test(options.vendor)) throw new Error(`No vendor name: ${options.vendor}`)

    app.decorateRequest('version', 0)
    app.decorateRequest('responseType', '')
    app.decorateRequest('bodyVersion', 0)

    // Fastify reads plain JSON only; a service that wants another parser for these adds it later, and it wins.
    app.addContentTypeParser(
      new RegExp(`^application/vnd\\.${options.vendor}(?:\\.[a-z0-9-]+)?\\+json(?:;|$)`),
      { parseAs: 'string' },
      app.getDefaultJsonParser(
        app.initialConfig.onProtoPoisoning ?? 'error',
        app.initialConfig.onConstructorPoisoning ?? 'error',
      ),
    )

    app.decorate('acceptVersion', (offer: Offer): VersionHook => {
      const chooser = createVersionChooser(options.vendor, offer, options.defaultVersion, lifecycles)
      return (request, reply, done) => {
        varyOnVersion(reply)
        const choice = chooser.choose(request.headers.accept, request.headers['accept-version'], now())
        if (choice.lifecycle !== undefined) announce(reply, choice.lifecycle)
        if (choice.kind === 'served') {
          request.version = choice.version
          request.responseType = choice.mediaType
          reply.header('api-version', choice.apiVersion)
          done()
        } else if (choice.kind === 'malformed') {
          done(new Problem('malformed-request', { detail: 'Accept-Version is not a positive integer.' }))
        } else {
          const slug = choice.kind === 'gone' ? 'version-sunset' : 'not-acceptable'
          const { detail, available } = chooser.explain(choice, now())
          done(new Problem(slug, { detail, extensions: { available } }))
        }
      }
    })

    app.decorate('acceptBody', (offer: Offer) =>
      bodyHook(resourceBodies(options.vendor, offer), 'accept-post'),
    )
    app.decorate('acceptPatch', (mediaTypes: readonly string[]) =>
      bodyHook(plainBodies(mediaTypes), 'accept-patch'),
    )

    function bodyHook(types: BodyTypes, header: string): VersionHook {
      const reader = createBodyTypeReader(types)
      return (request, reply, done) => {
        const gone = lifecycles.goneAt(now())
        const version = reader.read(request.headers['content-type'], request.version)
        if (version === undefined || isRepeated(request.raw.rawHeaders, 'content-type')) {
          const announced = types.announced(gone).join(', ')
          const detail = `Send the body as one of: ${announced}.`
          done(new Problem('unsupported-media-type', { detail, headers: { [header]: announced } }))
          return
        }
        const lifecycle = version === request.version ? undefined : lifecycles.headers(version)
        if (lifecycle !== undefined) announce(reply, lifecycle)
        if (gone.has(version)) {
          const available = types.announced(gone)
          const detail = `${lifecycles.goneSince(version)} Send the body as one of: ${available.join(', ')}.`
          done(new Problem('version-sunset', { detail, extensions: { available } }))
          return
        }
        request.bodyVersion = version
        done()
      }
    }
  },
  { name: 'accept-version', fastify: '5.x' },
)

function announce(reply: FastifyReply, { deprecation, sunset, link }: LifecycleHeaders): void {
  if (deprecation !== undefined) reply.header('deprecation', deprecation)
  if (sunset !== undefined) reply.header('sunset', sunset)
  addLink(reply, link)
}
