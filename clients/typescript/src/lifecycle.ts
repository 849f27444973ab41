/** What the service announces of the version in use. */
export interface Deprecation {
  readonly version: number
  /** From when it is deprecated; may lie ahead (RFC 9745). */
  readonly deprecatedAt?: Date
  /** From when it is gone (RFC 8594). */
  readonly sunsetAt?: Date
  /** Says more. */
  readonly link?: string
}

/** Tells of a version's end: once for each thing that is announced, not with every answer. */
export function createLifecycleWatch(version: number, tell: (deprecation: Deprecation) => void) {
  let told: string | undefined
  return (headers: Headers): void => {
    const deprecation = headers.get('deprecation')
    const sunset = headers.get('sunset')
    if (deprecation === null && sunset === null) return
    const announced = `${deprecation} ${sunset}`
    if (announced === told) return
    told = announced
    const [, seconds] = /^@(-?\d+)$/.exec(deprecation ?? '') ?? []
    const sunsetAt = new Date(sunset ?? Number.NaN)
    const [, link] = /<([^>]*)>\s*;\s*rel="?deprecation"?/i.exec(headers.get('link') ?? '') ?? []
    tell({
      version,
      ...(seconds !== undefined && { deprecatedAt: new Date(Number(seconds) * 1_000) }),
      ...(!Number.isNaN(sunsetAt.getTime()) && { sunsetAt }),
      ...(link !== undefined && { link }),
    })
  }
}
