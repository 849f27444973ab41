import { createSessions, SESSION_SECONDS } from '#plugins/operator-auth/sessions.ts'

export const opsToken = 'a-token-for-tests'

/** The cookie of who logged in nearly twelve hours ago, as a browser sends it: so many seconds are left. */
export function sessionOf(secondsLeft: number): string {
  const then = () => Date.now() - (SESSION_SECONDS - secondsLeft) * 1_000
  return String(createSessions(opsToken, then).cookie({ protocol: 'http' }).split(';')[0])
}
