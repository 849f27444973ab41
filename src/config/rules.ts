import { isIPv4 } from 'node:net'
import type { Config } from '../config.ts'

/** A setting that is wrong only beside another one. */
export interface Conflict {
  key: keyof Config
  allowed: string
}

/** Settings as far as they could be read; a rule about one that could not is not asked. */
type Settings = Partial<Config>

/** @returns true for 127.0.0.0/8, ::1 and localhost, the addresses that no other machine reaches */
function isLoopback(host: string): boolean {
  return (isIPv4(host) && host.startsWith('127.')) || host === '::1' || host.toLowerCase() === 'localhost'
}

/** What no single variable can know: the rules between them. */
export function conflicts(settings: Settings, isSet: (key: keyof Config) => boolean): Conflict[] {
  const {
    opsHost,
    apiV1Deprecation: deprecation,
    apiV1Sunset: sunset,
    drainSeconds,
    shutdownSeconds,
  } = settings
  const found: Conflict[] = []
  if (!isSet('authJwtSecret') && !isSet('authJwksUrl')) {
    found.push({ key: 'authJwtSecret', allowed: 'AUTH_JWT_SECRET or AUTH_JWKS_URL, at least one of them' })
  }
  if (opsHost !== undefined && !isLoopback(opsHost) && !isSet('opsToken')) {
    found.push({
      key: 'opsToken',
      allowed: `a token, because OPS_HOST (${opsHost}) is not a loopback address`,
    })
  }
  if (settings.nodeEnv === 'production' && !isSet('emailFrom')) {
    found.push({ key: 'emailFrom', allowed: 'an address, because NODE_ENV is production' })
  }
  if (settings.nodeEnv === 'production' && isSet('sandboxUrl')) {
    found.push({ key: 'sandboxUrl', allowed: 'nothing, because NODE_ENV is production' })
  }
  if (deprecation !== undefined && sunset !== undefined && Date.parse(sunset) < Date.parse(deprecation)) {
    found.push({ key: 'apiV1Sunset', allowed: `a date not before API_V1_DEPRECATION (${deprecation})` })
  }
  if (drainSeconds !== undefined && shutdownSeconds !== undefined && drainSeconds >= shutdownSeconds) {
    found.push({ key: 'shutdownSeconds', allowed: `more than DRAIN_SECONDS (${drainSeconds})` })
  }
  return found
}
