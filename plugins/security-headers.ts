import fp from 'fastify-plugin'

export interface SecurityHeadersOptions {
  /** How clients reach the listener, where that is known. With https, browsers are told never to come without it. */
  publicUrl?: string | undefined
}

/** A year, which is what browsers ask of a host that means it. Its subdomains may be somebody else's. */
const HSTS = 'max-age=31536000'

/**
 * What tells a browser to do nothing with an answer but hand it to the page that asked: no guess at its type, no script,
 * no frame, no referrer, no use as another site's image or script. A page that is one sets its own
 * `content-security-policy` and `referrer-policy` in its handler.
 *
 * Registered before whatever may refuse a request.
 */
export const securityHeaders = fp<SecurityHeadersOptions>(
  async (app, { publicUrl }) => {
    const headers = {
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      ...(publicUrl?.startsWith('https:') ? { 'strict-transport-security': HSTS } : {}),
    }

    // Here, not before sending: a handler that knows better comes after it, and nothing has to be looked up.
    app.addHook('onRequest', (_request, reply, done) => {
      reply.headers(headers)
      done()
    })
  },
  { name: 'security-headers', fastify: '5.x' },
)
