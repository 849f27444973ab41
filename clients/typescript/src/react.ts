import { useEffect, useState } from 'react'
import type { Client, Representations, Version } from './client.ts'

/** An order that is shown: as it was last read, and what went wrong if it cannot be read any more. */
export interface FollowedOrder<V extends Version> {
  readonly order?: Representations[V]['Order']
  readonly error?: unknown
}

/** Follows an order until it is settled: `const { order, error } = useOrder(client, id)`. Keep the client outside the component. */
export function useOrder<V extends Version>(client: Client<V>, id: string): FollowedOrder<V> {
  const [followed, setFollowed] = useState<FollowedOrder<V>>({})
  useEffect(() => {
    const leaving = new AbortController()
    setFollowed({})
    client.orders
      .waitUntilSettled(id, { signal: leaving.signal, onChange: (order) => setFollowed({ order }) })
      .catch((error) => leaving.signal.aborted || setFollowed((last) => ({ ...last, error })))
    return () => leaving.abort()
  }, [client, id])
  return followed
}
