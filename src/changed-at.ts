/** When something was changed: clocks of several machines differ, yet nothing is changed before it was made. */
export function changedAt(at: Date, { createdAt }: { readonly createdAt: Date }): Date {
  return new Date(Math.max(at.getTime(), createdAt.getTime()))
}
