import type { Config } from '../config.ts'

/**
 * What cursors are sealed with: a secret that every instance has and no client does. With JWKS alone there is
 * no signing secret, so the payment key stands in, which is always set. The key itself is derived from it
 * and cannot be turned back. Changing that secret ends the cursors that are out, which is a `400` once.
 */
export const cursorSecret = ({
  authJwtSecret,
  paymentApiKey,
}: Pick<Config, 'authJwtSecret' | 'paymentApiKey'>): string => authJwtSecret ?? paymentApiKey
