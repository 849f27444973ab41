import fastify from 'fastify'
import { customers, type Shop } from './customers.ts'
import { faultRoutes } from './fault-routes.ts'
import { createFaults, type Dependency, type Fault } from './faults.ts'
import { inventory } from './inventory.ts'
import { openLedger } from './ledger.ts'
import { createMailbox } from './mail/mailbox.ts'
import { startSmtp } from './mail/smtp.ts'
import { payment } from './payment/payment.ts'
import { statusPage } from './status-page.ts'

export interface SandboxOptions {
  /** Of the HTTP server; 0 means any free port. */
  readonly port: number
  /** Of the SMTP server; 0 means any free port. */
  readonly smtpPort: number
  /** Decides which calls the faults strike; the same seed and the same calls give the same faults. */
  readonly seed: number
  /** What goes wrong from the start. Nothing, when left out. */
  readonly faults?: Partial<Record<Dependency, Partial<Fault>>>
  /** Keeps the ledger and the payment keys over a restart, as JSON lines. */
  readonly ledgerFile?: string
  /** Where customers go who are sent for; undefined until it opens. Nowhere, when left out. */
  readonly shop?: () => Shop | undefined
}

export interface Sandbox {
  readonly url: string
  readonly smtpUrl: string
  close(): Promise<void>
}

const HOST = '127.0.0.1'

/**
 * Stands in for the dependencies over real sockets: payment, warehouse and mail, with a ledger of all they did
 * and a switch for every way to fail.
 *
 * @throws the error of `listen` (`code` EADDRINUSE, `port`) when a port is taken; nothing is left listening.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const faults = createFaults(options.seed, options.faults)
  const ledger = openLedger(options.ledgerFile)
  const mailbox = createMailbox()

  const app = fastify({ forceCloseConnections: true })
  app.register(payment, { faults, ledger })
  app.register(inventory, { faults, ledger })
  app.register(faultRoutes, { faults })
  app.register(customers, { shop: options.shop ?? (() => undefined) })
  app.register(statusPage, { faults, ledger, mailbox })
  app.get('/ledger', async () => ledger.toJSON())
  app.get('/mailbox', async () => mailbox.messages)

  const smtp = await startSmtp({ host: HOST, port: options.smtpPort, faults, mailbox })
  try {
    const url = await app.listen({ host: HOST, port: options.port })
    return {
      url,
      smtpUrl: smtp.url,
      async close() {
        await Promise.all([app.close(), smtp.close()])
      },
    }
  } catch (error) {
    await Promise.all([app.close(), smtp.close()])
    throw error
  }
}
