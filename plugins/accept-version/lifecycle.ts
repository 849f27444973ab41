export interface VersionLifecycle {
  /** Discouraged from this moment on (RFC 9745). */
  readonly deprecation?: Date | undefined
  /** Answers `410` from this moment on (RFC 8594). Not before the deprecation. */
  readonly sunset?: Date | undefined
}

/** The header values that announce a version's end. */
export interface LifecycleHeaders {
  readonly deprecation: string | undefined
  readonly sunset: string | undefined
  readonly link: string
}

export type Lifecycles = ReturnType<typeof createLifecycles>

/**
 * Holds a version's dates against each other.
 *
 * @throws Error that names the version and says what is wrong
 */
function checkLifecycle(version: number, { deprecation, sunset }: VersionLifecycle): void {
  for (const [name, date] of Object.entries({ deprecation, sunset })) {
    if (date !== undefined && Number.isNaN(date.getTime())) {
      throw new Error(`The ${name} of version ${version} is not a date`)
    }
  }
  if (deprecation !== undefined && sunset !== undefined && sunset < deprecation) {
    throw new Error(
      `The sunset of version ${version} (${sunset.toISOString()}) lies before its deprecation ` +
        `(${deprecation.toISOString()}); clients need to be told before it is gone`,
    )
  }
}

/**
 * @param link where a client reads what to do, the target of `Link: <…>; rel="deprecation"`
 * @throws Error if a version's dates contradict each other, or the link is no absolute URL
 */
export function createLifecycles(
  byVersion: Readonly<Record<number, VersionLifecycle>>,
  link: string | (() => string),
) {
  const target = () => {
    const url = typeof link === 'string' ? link : link()
    if (!URL.canParse(url)) throw new Error(`The deprecation link is not a URL: ${url}`)
    return `<${new URL(url).href}>; rel="deprecation"`
  }
  target()
  const headers = new Map<number, LifecycleHeaders>()
  const sunsets = new Map<number, number>()
  for (const [key, lifecycle] of Object.entries(byVersion)) {
    const version = Number(key)
    checkLifecycle(version, lifecycle)
    const { deprecation, sunset } = lifecycle
    if (deprecation === undefined && sunset === undefined) continue
    headers.set(version, {
      deprecation: deprecation && `@${Math.floor(deprecation.getTime() / 1000)}`,
      sunset: sunset?.toUTCString(),
      get link() {
        return target()
      },
    })
    if (sunset !== undefined) sunsets.set(version, sunset.getTime())
  }

  let gone: ReadonlySet<number> = new Set()
  let from = Number.POSITIVE_INFINITY
  let until = Number.NEGATIVE_INFINITY

  return {
    headers: (version: number) => headers.get(version),
    /** The sentence for whoever asks for a version past its sunset. */
    goneSince: (version: number) => `Version ${version} is gone since ${headers.get(version)?.sunset}.`,
    /** Whether any version has one. */
    haveSunset: sunsets.size > 0,

    /**
     * The versions past their sunset. It is the same set, by identity, until the next sunset passes: who keeps
     * something that rests on it compares, and starts afresh.
     *
     * @param time in milliseconds since the epoch
     */
    goneAt(time: number): ReadonlySet<number> {
      if (time >= from && time < until) return gone
      const times = [...sunsets.values()]
      gone = new Set([...sunsets].filter(([, sunset]) => sunset <= time).map(([version]) => version))
      from = Math.max(Number.NEGATIVE_INFINITY, ...times.filter((sunset) => sunset <= time))
      until = Math.min(Number.POSITIVE_INFINITY, ...times.filter((sunset) => sunset > time))
      return gone
    },
  }
}
