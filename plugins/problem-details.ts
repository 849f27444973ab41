export {
  Problem,
  type ProblemCatalogue,
  type ProblemOptions,
  type ProblemType,
} from './problem-details/problem.ts'
