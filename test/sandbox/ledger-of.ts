import type { openLedger } from '../../sandbox/ledger.ts'

type LedgerBody = ReturnType<ReturnType<typeof openLedger>['toJSON']>

export async function ledgerOf(url: string): Promise<LedgerBody> {
  const response = await fetch(`${url}/ledger`)
  const body: LedgerBody = JSON.parse(await response.text())
  return body
}
