/**
 * `npm start`: a first look at the service, and the way to develop it. It works from an empty environment;
 * `start/first-look.ts` reads as the list of what it supplies. In production nothing is supplied, and nothing
 * of the sandbox is even loaded: it is `npm run serve`.
 */
if (process.env.NODE_ENV === 'production') {
  await import('#src/main.ts')
} else {
  const { firstLook } = await import('./start/first-look.ts')
  process.exit(await firstLook(process.env))
}
