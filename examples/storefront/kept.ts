/** What it is nice to know after a reload. Where the browser keeps nothing, or has no room left, the page does without. */
export const kept = {
  read(name: string): string | undefined {
    try {
      return localStorage.getItem(name) ?? undefined
    } catch {
      return undefined
    }
  },
  write(name: string, value: string): void {
    try {
      localStorage.setItem(name, value)
    } catch {}
  },
}
