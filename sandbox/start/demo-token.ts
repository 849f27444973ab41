import { SignJWT } from 'jose'
import { type Environment, isSet } from './environment.ts'

/** A token for the customer `demo`, good for 30 days; undefined where tokens are signed by somebody else. */
export async function demoToken(env: Environment): Promise<string | undefined> {
  if (!isSet(env, 'AUTH_JWT_SECRET')) return undefined
  const token = new SignJWT({ name: 'Demo', email: 'demo@example.com' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject('demo')
    .setIssuedAt()
    .setExpirationTime('30d')
  if (env.AUTH_ISSUER) token.setIssuer(env.AUTH_ISSUER)
  if (env.AUTH_AUDIENCE) token.setAudience(env.AUTH_AUDIENCE)
  return await token.sign(new TextEncoder().encode(env.AUTH_JWT_SECRET))
}
