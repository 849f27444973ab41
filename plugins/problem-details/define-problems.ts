import type { Static, TSchema } from 'typebox'
import { Problem, type ProblemOptions, type ProblemType } from './problem.ts'

/** A problem type that may say which extension members its occurrences carry. */
export interface ProblemTypeWithMembers extends ProblemType {
  readonly members?: TSchema
}

type PlainOptions = Omit<ProblemOptions, 'extensions'>

type OptionsFor<T> = T extends { members: infer M extends TSchema }
  ? object extends Static<M>
    ? [options?: PlainOptions & { extensions?: Static<M> }]
    : [options: PlainOptions & { extensions: Static<M> }]
  : [options?: PlainOptions]

/** Makes a Problem of one catalogue: a slug it does not have, or members that do not fit, do not compile. */
export type ProblemFactory<C extends Record<string, ProblemTypeWithMembers>> = <S extends keyof C & string>(
  slug: S,
  ...options: OptionsFor<C[S]>
) => Problem

/** The factory for one catalogue. The catalogue itself goes to the plugin as its option. */
export function defineProblems<const C extends Record<string, ProblemTypeWithMembers>>(
  _catalogue: C,
): ProblemFactory<C> {
  return (slug, ...[options]) => new Problem(slug, options)
}
