/**
 * What a promise comes to, or what `late` returns or throws when it has not come to anything in time. It goes on all the
 * same, and nobody hears how it ends.
 */
export function within<T>(milliseconds: number, running: Promise<T>, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(Promise.try(late)), milliseconds)
    running.finally(() => clearTimeout(timer)).then(resolve, reject)
  })
}
