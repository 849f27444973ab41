import { defineProblems } from '#plugins/problem-details.ts'
import { orderProblems } from './problems/order-problems.ts'
import { requestProblems } from './problems/request-problems.ts'
import { serverProblems } from './problems/server-problems.ts'

/** Every problem this service can answer with, by slug. Pages and documents sort them by status. */
export const problems = { ...requestProblems, ...orderProblems, ...serverProblems } as const

export type ProblemSlug = keyof typeof problems

/** A refusal of this service: `throw problem('not-found', { detail })`. A wrong slug or member does not compile. */
export const problem = defineProblems(problems)
