import { getHeapStatistics } from 'node:v8'

const measure = process.memoryUsage
let last = measure()

/**
 * `process.memoryUsage()` that throws nothing. On Linux Node reads the resident memory from a file: with no descriptor
 * left it throws, and a sample taken by a timer would end the process. The heap is known all the same; what is not
 * stands as it was measured last.
 */
export const memoryUsage: NodeJS.MemoryUsageFn = Object.assign(
  () => {
    try {
      last = measure()
    } catch {
      last = { ...last, heapUsed: getHeapStatistics().used_heap_size }
    }
    return last
  },
  { rss: () => memoryUsage().rss },
)
