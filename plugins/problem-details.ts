export { defineProblems, type ProblemFactory } from './problem-details/define-problems.ts'
export {
  Problem,
  type ProblemCatalogue,
  type ProblemOptions,
  type ProblemType,
} from './problem-details/problem.ts'
