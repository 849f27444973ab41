import { isIPv4, isIPv6 } from 'node:net'
import { connectionOf, UnfitUrl } from '#plugins/database/tls.ts'
import type { Config } from '../config.ts'
import { LONGEST_SHUTDOWN_SECONDS } from './schema.ts'

/** What is said of a setting that has the form it should have, and cannot be used all the same. */
export interface Fault {
  allowed: string
  /** What would be right here, where the setting's own example might not be. */
  example?: string
}

/** A setting that is wrong only beside another one. */
export interface Conflict extends Fault {
  key: keyof Config
}

/** Settings as far as they could be read; a rule about one that could not is not asked. */
type Settings = Partial<Config>

const LAST_PORT = 65_535
/** As the standard settings leave it between the end of the drain and that of the process. */
const TO_FINISH_SECONDS = 20

/** @returns true for 127.0.0.0/8, ::1 and localhost, the addresses that no other machine reaches */
function isLoopback(host: string): boolean {
  return (isIPv4(host) && host.startsWith('127.')) || host === '::1' || host.toLowerCase() === 'localhost'
}

/** @returns true if two listeners on one port would want the same address */
function overlap(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase() || covers(one, other) || covers(other, one)
}

function covers(host: string, other: string): boolean {
  if (host === '::') return true
  if (host === '0.0.0.0') return !isIPv6(other)
  return host.toLowerCase() === 'localhost' && (other === '127.0.0.1' || other === '::1')
}

/** What the form of a value does not tell. */
export function faultOf(key: string, value: unknown): Fault | undefined {
  if (key !== 'databaseUrl' || typeof value !== 'string') return undefined
  try {
    connectionOf(value)
    return undefined
  } catch (error) {
    if (!(error instanceof UnfitUrl)) throw error
    return {
      allowed: error.message,
      example: 'postgres://holdfast:password@db.example.com:5432/holdfast?sslmode=verify-full',
    }
  }
}

/** What no single variable can know: the rules between them. */
export function conflicts(settings: Settings, isSet: (key: keyof Config) => boolean): Conflict[] {
  const {
    host,
    port,
    opsHost,
    opsPort,
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
  const onePort = settings.role !== 'worker' && port !== undefined && port !== 0 && port === opsPort
  if (onePort && host !== undefined && opsHost !== undefined && overlap(host, opsHost)) {
    const [key, name] = isSet('opsPort') ? (['opsPort', 'PORT'] as const) : (['port', 'OPS_PORT'] as const)
    found.push({
      key,
      allowed: `a port other than ${name} (${port}), as HOST and OPS_HOST overlap`,
      example: String(port === LAST_PORT ? port - 1 : port + 1),
    })
  }
  if (settings.nodeEnv === 'production' && !isSet('emailFrom')) {
    found.push({ key: 'emailFrom', allowed: 'an address, because NODE_ENV is production' })
  }
  if (settings.nodeEnv === 'production' && isSet('sandboxUrl')) {
    found.push({ key: 'sandboxUrl', allowed: 'nothing, because NODE_ENV is production', example: '' })
  }
  if (deprecation !== undefined && sunset !== undefined && Date.parse(sunset) < Date.parse(deprecation)) {
    found.push({
      key: 'apiV1Sunset',
      allowed: `a date not before API_V1_DEPRECATION (${deprecation})`,
      example: deprecation,
    })
  }
  if (drainSeconds !== undefined && shutdownSeconds !== undefined && drainSeconds >= shutdownSeconds) {
    found.push({
      key: 'shutdownSeconds',
      allowed: `more than DRAIN_SECONDS (${drainSeconds})`,
      example: String(Math.min(drainSeconds + TO_FINISH_SECONDS, LONGEST_SHUTDOWN_SECONDS)),
    })
  }
  return found
}
