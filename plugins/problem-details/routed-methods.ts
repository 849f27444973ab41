import type { FastifyInstance } from 'fastify'

/** The methods that have a route at a URL, which the router reads as it reads that of a request. */
export const routedMethods = (app: FastifyInstance, url: string): string[] =>
  app.supportedMethods.filter((method) => {
    const route = app.findRoute({ method, url })
    return route !== null && !hasEmptyParameter(route.params)
  })

/**
 * An empty segment names nothing, but the router takes it for a parameter: `/orders/` would be an order's path, with its
 * methods and its refusals. A wildcard may be empty.
 */
export function hasEmptyParameter(params: unknown): boolean {
  const values = Object(params)
  for (const name in values) {
    if (values[name] === '' && name !== '*') return true
  }
  return false
}
