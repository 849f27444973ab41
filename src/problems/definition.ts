import { type TObject, Type } from 'typebox'

/** One kind of problem, told once: the runtime, the pages, the OpenAPI document and the client read it here. */
export interface ProblemDefinition {
  /** HTTP status. */
  readonly status: number
  /** The same for every occurrence. */
  readonly title: string
  /** The `detail` of an occurrence that has nothing more particular to say. */
  readonly detail: string
  /** What it means, for somebody who has never met it: a paragraph. */
  readonly meaning: string
  /** What to do about it. */
  readonly remedy: string
  /** Whether the very same request, unchanged, can succeed later. */
  readonly retryable: boolean
  /** The extension members beside the standard ones. */
  readonly members?: TObject
  readonly example: { readonly detail: string; readonly extensions?: Readonly<Record<string, unknown>> }
}

/** One place in a request (or in what a patch would have made of a resource) that cannot be accepted. */
export const violationSchema = Type.Object({
  pointer: Type.String({ description: 'JSON pointer as a URI fragment (RFC 6901 section 6)' }),
  in: Type.Union([
    Type.Literal('body'),
    Type.Literal('query'),
    Type.Literal('header'),
    Type.Literal('path'),
    Type.Literal('result'),
  ]),
  detail: Type.String(),
})

export const violationsSchema = Type.Array(violationSchema)
