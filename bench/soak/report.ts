import { markdownTable } from '../report.ts'
import type { SoakResult } from './soak.ts'
import type { Judgement } from './verdict.ts'

const MIB = 2 ** 20

/** A line for each tenth, how many answers had which status, and a verdict; all for a person. */
export function soakReport({ progress, tenths, judgements }: SoakResult): string {
  const rows = tenths.map(({ endedAt, ...held }, index) => [
    String(index + 1),
    String(Math.round(progress.requests / 10 / ((endedAt - (tenths[index - 1]?.endedAt ?? 0)) / 1000))),
    (held.rssBytes / MIB).toFixed(1),
    (held.heapBytes / MIB).toFixed(1),
    ...[held.files, held.sockets, held.connections].map(String),
  ])
  const answers = Object.entries(progress.answers).sort(([, a], [, b]) => b - a)
  return [
    markdownTable([
      ['tenth', 'a second', 'RSS MiB', 'heap MiB', 'descriptors', 'sockets', 'connections'],
      ...rows,
    ]),
    `${progress.requests} answers: ${answers.map(([what, count]) => `${what} × ${count}`).join(', ')}`,
    'The invariants hold.',
    judgements.map(sentence).join('\n'),
    isSound({ progress, judgements })
      ? 'Flat.'
      : `NOT SOUND. Answers that nobody should have got: ${JSON.stringify(progress.unexpected)}`,
  ].join('\n\n')
}

/** Nothing grew, and nobody got an answer they should not have got. */
export const isSound = ({ progress, judgements }: Pick<SoakResult, 'progress' | 'judgements'>): boolean =>
  Object.keys(progress.unexpected).length === 0 && judgements.every(({ grew }) => !grew)

function sentence({ what, middle, last, margin, grew }: Judgement): string {
  const show = (value: number) => (value < MIB ? String(value) : `${(value / MIB).toFixed(1)} MiB`)
  return `- ${what}: ${show(middle)} in the middle tenths at most, ${show(last)} in the last three at least: ${
    grew ? `GREW by more than ${show(margin)}` : 'flat'
  }`
}
