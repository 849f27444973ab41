/** What one run of one contestant gave. */
export interface Figure {
  perSecond: number
  /** Milliseconds from request to answer. */
  p50: number
  p99: number
  /** Processor time of the contestant's own process for one answer; undefined where it cannot be told. */
  cpuMicroseconds?: number | undefined
  /** What has to be known to read the figure. */
  note?: string | undefined
}

interface Contestant {
  name: string
  /** One run, warm-up included, from a state that earlier runs have not changed. */
  measure: () => Promise<Figure>
}

export interface Contest {
  title: string
  ours: Contestant
  peer: Contestant
}

export interface Result {
  title: string
  ours: Contestant['name']
  peer: Contestant['name']
  /** One pair a round, measured directly after each other. */
  pairs: { ours: Figure; peer: Figure }[]
}

/** Ours, peer, ours, peer: what disturbs the machine for a while disturbs both. */
export async function hold(
  { title, ours, peer }: Contest,
  rounds: number,
  onFigure: (name: string, figure: Figure) => void,
): Promise<Result> {
  const pairs: Result['pairs'] = []
  for (let round = 0; round < rounds; round++) {
    const our = await ours.measure()
    onFigure(ours.name, our)
    const their = await peer.measure()
    onFigure(peer.name, their)
    pairs.push({ ours: our, peer: their })
  }
  return { title, ours: ours.name, peer: peer.name, pairs }
}

/** Each ratio is of two runs that stood beside each other; never one of two medians. */
export const ratiosOf = ({ pairs }: Result): number[] =>
  pairs.map(({ ours, peer }) => ours.perSecond / peer.perSecond)

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** @param share 0 to 1; NaN when there are no values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}
