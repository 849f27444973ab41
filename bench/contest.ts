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
  /** What the ratio should be, for whoever reads the table: `≥ 0.65`. Nothing is decided by it. */
  target?: string | undefined
  /** What a pair comes to; answers a second, ours by the peer's, if left out. */
  ratioOf?: (ours: Figure, peer: Figure) => number
  ours: Contestant
  peer: Contestant
}

export interface Result {
  title: string
  target: string | undefined
  ours: Contestant['name']
  peer: Contestant['name']
  /** Each is of two runs that stood beside each other; never one of two medians. */
  ratios: number[]
  /** One pair a round, measured directly after each other. */
  pairs: { ours: Figure; peer: Figure }[]
}

/** Ours, peer, ours, peer: what disturbs the machine for a while disturbs both. */
export async function hold(
  { title, target, ours, peer, ratioOf = throughput }: Contest,
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
  const ratios = pairs.map((pair) => ratioOf(pair.ours, pair.peer))
  return { title, target, ours: ours.name, peer: peer.name, ratios, pairs }
}

const throughput = (ours: Figure, peer: Figure) => ours.perSecond / peer.perSecond

/** For a row that asks what a thing costs instead of how many get done: 1.15 is 15 % slower. */
export const timeTaken = (ours: Figure, peer: Figure): number => ours.p50 / peer.p50

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
