import type { ProblemSlug } from '../problems.ts'
import type { HeaderName } from './headers.ts'
import type { ParameterName } from './parameters.ts'

/** The parts of OpenAPI 3.1 that the document is made of. */

export interface Reference {
  readonly $ref: string
}

/** JSON Schema 2020-12: a TypeBox schema, or a reference to one under `components`. */
export type Schema = object

export interface Example {
  readonly summary?: string
  readonly value: unknown
}

export interface MediaType {
  readonly schema: Schema
  readonly examples?: Readonly<Record<string, Example | Reference>>
}

export type Content = Readonly<Record<string, MediaType>>

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, Reference>>
  readonly content?: Content
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly Reference[]
  readonly requestBody?: RequestBody
  readonly responses: Readonly<Record<string, Response | Reference>>
}

interface RequestBody {
  readonly description: string
  readonly required: true
  readonly content: Content
}

/** What a room says of an operation. What every operation has is added when the document is composed. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'patch'
  readonly path: `/${string}`
  readonly operationId: string
  readonly summary: string
  /** CommonMark. */
  readonly description: string
  /** Who may ask: whoever has a token, or anybody, or machines that are never limited or shed. */
  readonly access: 'bearer' | 'public' | 'probe'
  /** Its answers come in versions, so it can also refuse the version. */
  readonly versioned: boolean
  readonly parameters: readonly ParameterName[]
  readonly body?: RequestBody
  /** By status: everything but problems. */
  readonly answers: Readonly<Record<string, Answer>>
  /** Its own problems, beside those that any request can meet. */
  readonly problems: readonly ProblemSlug[]
}

export interface Answer {
  readonly description: string
  readonly headers: readonly HeaderName[]
  readonly content?: Content
}

/** A room of the service as the document shows it. */
export interface Room {
  readonly tag: { readonly name: string; readonly description: string }
  /** By the names they have under `components/schemas`. */
  readonly schemas: Readonly<Record<string, Schema>>
  /** By the names they have under `components/examples`. */
  readonly examples: Readonly<Record<string, Example>>
  readonly endpoints: readonly Endpoint[]
}

export interface OpenApiDocument {
  readonly openapi: string
  readonly info: object
  readonly servers: readonly Server[]
  readonly tags: readonly Room['tag'][]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>
}

export interface Server {
  readonly url: string
  readonly description: string
}

/** `#/components/schemas/OrderV1` and the like. */
export function referTo(kind: string, name: string): Reference {
  return { $ref: `#/components/${kind}/${name}` }
}
