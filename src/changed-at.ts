/** When something was changed: clocks differ, and are set back, yet nothing is older than the revision before it. */
export function changedAt(at: Date, { updatedAt }: { readonly updatedAt: Date }): Date {
  return new Date(Math.max(at.getTime(), updatedAt.getTime()))
}
