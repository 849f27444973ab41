import PostalMime, { type Address } from 'postal-mime'

export interface Message {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly messageId: string
  readonly at: string
}

export type Mailbox = ReturnType<typeof createMailbox>

/** What the SMTP server took, oldest first. A message delivered twice stands there twice. */
export function createMailbox() {
  const messages: Message[] = []
  return {
    messages: messages as readonly Message[],
    async take(raw: Uint8Array): Promise<void> {
      const mail = await PostalMime.parse(raw)
      messages.push({
        from: mail.from?.address ?? '',
        to: (mail.to ?? []).flatMap(addressesOf),
        subject: mail.subject ?? '',
        text: mail.text ?? '',
        messageId: mail.messageId ?? '',
        at: new Date().toISOString(),
      })
    },
  }
}

function addressesOf(address: Address): string[] {
  if (address.group !== undefined) return address.group.map((member) => member.address)
  return address.address === undefined ? [] : [address.address]
}
