import * as kind from '../kinds.ts'
import * as url from '../url-kinds.ts'

/** Where payment, warehouse and mail are, and how long and how often each is asked. */
export const dependencySettings = {
  paymentUrl: url.openBase({
    section: 'Dependencies',
    description: "Stripe's API, or something that speaks like it.",
    default: 'https://api.stripe.com',
    examples: ['https://api.stripe.com'],
  }),
  paymentApiKey: kind.token({
    description: 'The secret key of the payment account.',
    examples: ['sk_test_your_key'],
    secret: true,
  }),
  inventoryUrl: url.base({
    description: 'The warehouse; reservations live below it. A user and a password in it are sent as Basic.',
    examples: ['https://warehouse.example.com'],
  }),
  smtpUrl: url.of(['smtp', 'smtps'], {
    description: 'Where mail is handed in.',
    examples: ['smtp://user:password@mail.example.com:587'],
  }),
  emailFrom: kind.sender({
    description: 'The sender of every mail. Must be set in production.',
    default: 'Holdfast <orders@localhost>',
    examples: ['Holdfast <orders@example.com>'],
  }),

  paymentDeadlineMs: kind.whole(500, 10_000, ', in milliseconds', {
    description: 'How long a customer waits for a charge, retries included; then it is queued.',
    default: 10_000,
    examples: ['8000'],
  }),
  paymentConnections: kind.whole(1, 1000, '', {
    description: 'Calls to payment at once, of this process: what its account allows, shared out.',
    default: 256,
    examples: ['64'],
  }),
  inventoryDeadlineMs: kind.whole(100, 5000, ', in milliseconds', {
    description: 'How long an order waits for the warehouse; then it goes on without.',
    default: 1000,
    examples: ['2000'],
  }),
  emailConnections: kind.whole(1, 100, '', {
    description: 'Connections to the mail server at once, of this process.',
    default: 10,
    examples: ['5'],
  }),
  circuitOpenSeconds: kind.seconds(1, 300, {
    description: 'How long a dependency that fails is left alone before it is tried again.',
    default: 5,
    examples: ['10'],
  }),
}
