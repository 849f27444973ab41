/** A metric as a query names it, with the labels it is asked for by. */
export interface Selector {
  metric: string
  /** Those of an exact match only have a value. */
  labels: { name: string; value: string | undefined }[]
}

/** Words of PromQL that stand where a metric could. */
const WORDS = new Set(['and', 'or', 'unless', 'on', 'by', 'without', 'ignoring', 'group_left', 'group_right'])

/** Every metric that a query names. Enough of PromQL for ours: no subqueries, no braces within strings. */
export function selectorsOf(query: string): Selector[] {
  // What is grouped by is no metric, and neither is a window.
  const bare = query
    .replaceAll(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
  const found: Selector[] = []
  for (const [, metric = '', next = '', labels = ''] of bare.matchAll(
    /(?<![\w:.$"])([a-zA-Z_:][\w:]*)\s*(\(|\{([^}]*)\})?/g,
  )) {
    if (next === '(' || WORDS.has(metric)) continue
    found.push({
      metric,
      labels: [...labels.matchAll(/(\w+)\s*(=~|=|!=|!~)\s*"([^"]*)"/g)].map(([, name = '', how, value]) => ({
        name,
        value: how === '=' ? value : undefined,
      })),
    })
  }
  return found
}
