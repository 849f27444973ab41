interface KnownRoute {
  readonly pattern: RegExp
  readonly methods: Set<string>
}

/** Which methods a path answers: the router itself only tells whether one method does. */
export interface RouteTable {
  /** Takes the path as it was registered, e.g. `/orders/:id`. A bare `*` is no path: it makes none known. */
  add(path: string, methods: readonly string[]): void
  /** Methods of a request's path without its query, sorted; empty when the path is unknown. */
  methodsOf(path: string): string[]
  /** Every method that any route answers, sorted. */
  allMethods(): string[]
}

export function createRouteTable(): RouteTable {
  const routes = new Map<string, KnownRoute>()
  return {
    add(path, methods) {
      if (path === '*' || path === '/*') return
      const route = routes.get(path) ?? { pattern: patternOf(path), methods: new Set<string>() }
      routes.set(path, route)
      for (const method of methods) route.methods.add(method)
    },
    methodsOf(path) {
      const decoded = decode(path)
      return sorted([...routes.values()].filter((route) => route.pattern.test(decoded)))
    },
    allMethods: () => sorted([...routes.values()]),
  }
}

function sorted(routes: readonly KnownRoute[]): string[] {
  return [...new Set(routes.flatMap((route) => [...route.methods]))].sort()
}

/** `:name` is one segment, also as `:name(regex)`; `*` is the rest. */
function patternOf(path: string): RegExp {
  const source = path
    .replaceAll(/[.+?^${}|[\]\\]/g, '\\$&')
    .replaceAll(/:\w+(\([^)]*\))?/g, '[^/]+')
    .replaceAll('*', '.*')
  return new RegExp(`^${source}$`)
}

function decode(path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
