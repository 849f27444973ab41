/** Where the service is, and who shops. */
export interface Settings {
  readonly api: string
  readonly token: string
}

/** @throws Error until the shop is open */
export async function loadSettings(): Promise<Settings> {
  const response = await fetch('/settings.json')
  if (!response.ok) throw new Error('The shop is not open yet. Reload in a moment.')
  return await response.json()
}
