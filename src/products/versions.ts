import { createHash } from 'node:crypto'
import fastJsonStringify from 'fast-json-stringify'
import type { Static, TSchema } from 'typebox'
import { contentEtag } from '#plugins/conditional-requests.ts'
import type { Product, ProductPage } from './product.ts'
import { ProductListV1, ProductV1, presentProductListV1, presentProductV1 } from './v1.ts'
import { ProductListV2, ProductV2, presentProductListV2, presentProductV2 } from './v2.ts'

/** An answer, finished, and its strong entity tag, quotes included. */
export interface Representation {
  /** Text, for Node sends it in one write with the headers; bytes would be a second one, and cost a third more. */
  readonly body: string
  readonly etag: string
}

export type ProductVersion = ReturnType<typeof defineVersion>

/** Every version, oldest first; a version is a pair of pure functions and what they give. */
export const productVersions: readonly ProductVersion[] = [
  defineVersion(1, ProductV1, presentProductV1, ProductListV1, presentProductListV1),
  defineVersion(2, ProductV2, presentProductV2, ProductListV2, presentProductListV2),
]

/** Compiles a version once: its serializers, and what tells its entity tags from another's. */
export function defineVersion<P extends TSchema, L extends TSchema>(
  version: number,
  schema: P,
  present: (product: Product) => Static<P>,
  listSchema: L,
  presentList: (page: ProductPage) => Static<L>,
) {
  const stringify = fastJsonStringify(schema)
  const stringifyList = fastJsonStringify(listSchema)
  // A release that presents the same revision in other bytes must not reuse its tag.
  const shape = digest(JSON.stringify(schema) + present.toString()).slice(0, 6)
  return {
    version,
    schema,
    listSchema,

    /**
     * Of the tag, the revision tells states apart, and the time those of a database that was set back. Both
     * media types of a version are the same bytes, so they share it; no body is hashed.
     */
    render(product: Product): Representation {
      const state = `${product.revision}.${product.updatedAt.getTime().toString(36)}`
      return {
        body: stringify(present(product)),
        etag: `"${product.id}.${state}.v${version}-${shape}"`,
      }
    },

    renderList(page: ProductPage): Representation {
      const body = stringifyList(presentList(page))
      return { body, etag: contentEtag(body, version, page.next?.href) }
    },
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
