import type { FastifyBaseLogger } from 'fastify'

type Child = FastifyBaseLogger['child']

/** What a child is made of; itself, once it was used. */
interface Unborn {
  readonly parent: FastifyBaseLogger
  readonly bindings: Parameters<Child>[0]
  born?: FastifyBaseLogger
}

/**
 * A logger whose children are made when they are first used: Fastify asks for one for each request, and most requests
 * have nothing to say but the line that is written for them. A child that has more of its own than bindings, a level or
 * serializers, is made at once and has such children, too.
 */
export function withLazyChildren(log: FastifyBaseLogger): FastifyBaseLogger {
  const child: Child = (bindings, options = {}) => {
    if (Object.keys(options).length > 0) return withLazyChildren(log.child(bindings, options))
    const unborn: Unborn = { parent: log, bindings }
    return new Proxy(unborn, asIfBorn) as unknown as FastifyBaseLogger
  }
  return Object.assign(Object.create(log), { child })
}

const bear = (unborn: Unborn): FastifyBaseLogger => {
  unborn.born ??= unborn.parent.child(unborn.bindings)
  return unborn.born
}

const asIfBorn: ProxyHandler<Unborn> = {
  get(unborn, name) {
    const born = bear(unborn)
    const value: unknown = Reflect.get(born, name)
    return typeof value === 'function' ? value.bind(born) : value
  },
  set: (unborn, name, value) => Reflect.set(bear(unborn), name, value),
  has: (unborn, name) => Reflect.has(bear(unborn), name),
}
