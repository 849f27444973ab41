import type { CallOptions } from './options.ts'
import type { Answer, Call, Transport } from './transport.ts'

/** A page of a list, the same in every version. */
export interface Page<Item> {
  readonly items: Item[]
  /** Of the next page; the last one has none. */
  readonly nextCursor?: string
}

export interface PageOptions extends CallOptions {
  /** Items on a page, 1 to 100. The service gives 20 if it is left out. */
  readonly limit?: number | undefined
  /** Where an earlier page ended. */
  readonly cursor?: string | undefined
}

/** Reads lists: a page at a time, or item by item over all pages. */
export function createPages<Item extends object>(
  transport: Transport,
  list: Pick<Call, 'path' | 'type' | 'isPublic'>,
) {
  async function page(
    options: PageOptions & { readonly status?: string | undefined } = {},
  ): Promise<Page<Item>> {
    const { limit, cursor, status } = options
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries({ limit, cursor, status })) {
      if (value !== undefined) query.set(name, String(value))
    }
    const path = query.size === 0 ? list.path : `${list.path}?${query}`
    const call: Call = { ...list, path, method: 'GET', repeatable: 'always' }
    return pageOf(await transport.send<Item[] | { items: Item[]; nextCursor?: string }>(call, options))
  }

  return {
    page,
    /** Every item, page after page, each read when it is needed. */
    async *items(
      options: PageOptions & { readonly status?: string | undefined } = {},
    ): AsyncGenerator<Item, void> {
      let cursor = options.cursor
      do {
        const { items, nextCursor } = await page({ ...options, cursor })
        yield* items
        cursor = nextCursor
      } while (cursor !== undefined)
    },
  }
}

function pageOf<Item>({ body, link }: Answer<Item[] | { items: Item[]; nextCursor?: string }>): Page<Item> {
  const items = Array.isArray(body) ? body : body.items
  const nextCursor = Array.isArray(body) ? cursorOf(link) : body.nextCursor
  return nextCursor === undefined ? { items } : { items, nextCursor }
}

/** Only the cursor is taken from a link: whatever host it names, the token goes to none but the service's. */
function cursorOf(link = ''): string | undefined {
  const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/i.exec(link) ?? []
  if (target === undefined) return undefined
  return new URL(target, 'http://any.invalid').searchParams.get('cursor') ?? undefined
}
