import { type Figure, median, type Result } from './contest.ts'

const COLUMNS = [
  'row',
  'ratio',
  'to reach',
  'low to high',
  'a second',
  'p50 ms',
  'p99 ms',
  'µs of CPU',
  'against',
]

/** Medians, `ours : peer` where both stand in a cell. */
export const tableOf = (results: readonly Result[]): string =>
  markdownTable([COLUMNS, ...results.map(cellsOf)])

/** @param rows the first is the header */
export function markdownTable([header = [], ...others]: string[][]): string {
  const rows = [header, header.map(() => '---'), ...others]
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lineOf = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, cell === '---' ? '-' : ' ')).join(' | ')} |`
  return rows.map(lineOf).join('\n')
}

function cellsOf(result: Result): string[] {
  const { ratios } = result
  const both = (of: (figure: Figure) => number | undefined, digits: number) =>
    `${show(
      result.pairs.map(({ ours }) => of(ours)),
      digits,
    )} : ${show(
      result.pairs.map(({ peer }) => of(peer)),
      digits,
    )}`
  const notes = [...new Set(result.pairs.flatMap(({ ours }) => ours.note ?? []))]
  return [
    result.title + (notes.length === 0 ? '' : ` (${notes.join(', ')})`),
    median(ratios).toFixed(2),
    result.target ?? '–',
    `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    both(({ perSecond }) => perSecond, 0),
    both(({ p50 }) => p50, 2),
    both(({ p99 }) => p99, 2),
    both(({ cpuMicroseconds }) => cpuMicroseconds, 0),
    result.peer,
  ]
}

function show(values: (number | undefined)[], digits: number): string {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? '–' : median(known).toFixed(digits)
}
