/** What every connection asks for as it is opened, whatever the database and the role have set for others. */
export const SESSION = {
  // As both drivers read dates. One that poolers know, as many drivers ask for it.
  DateStyle: 'ISO, MDY',
} as const

/** The same, where no pooler refuses it. */
export const SESSION_UNPOOLED = {
  // What every statement is written for: one that has waited for a row goes on with what became of it. In the stricter
  // ones it fails, and those of pg-boss are not sent again: a job whose end is not written down is done twice.
  default_transaction_isolation: 'read committed',
} as const
