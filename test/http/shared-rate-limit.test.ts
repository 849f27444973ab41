import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needs } from '../support/programs.ts'
import { startRedis } from '../support/redis.ts'
import { nobodyThere, startService } from '../support/service.ts'
import { eventually, tokenOf } from '../support/shop.ts'

describe('Two instances of the service with one Redis', needs('redis-server'), () => {
  test('give a client one allowance, serve on while it hangs, and end as ever', async (t) => {
    const redis = await startRedis(t)
    // What is asked for here needs no database.
    const env = { REDIS_URL: redis.url, RATE_LIMIT_MAX: '100' }
    const instances = await Promise.all([
      startService(t, nobodyThere, env),
      startService(t, nobodyThere, env),
    ])
    let customers = 0

    /** What each of these calls leaves of a new customer's allowance. */
    async function left(...calls: number[]): Promise<number[]> {
      const authorization = `Bearer ${await tokenOf(`customer ${customers++}`)}`
      const all: number[] = []
      for (const at of calls) {
        const answer = await fetch(`${instances[at]?.api}/problems`, { headers: { authorization } })
        // What is shed, as it may be on a busy machine, was not counted either.
        const counted = answer.ok ? /r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '') : null
        all.push(Number(counted?.[1]))
      }
      return all
    }

    // Now and then a busy machine makes Redis late, and one of them counts by itself: so, until they agree.
    await eventually('one allowance for both', async () => String(await left(0, 1, 0, 1)) === '99,98,97,96')
    redis.hang()
    await eventually('an allowance for each', async () => String(await left(0, 1, 0, 1)) === '99,99,98,98')
    assert.deepEqual(await Promise.all(instances.map(({ stop }) => stop())), [0, 0])
  })
})
