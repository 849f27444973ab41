/** Something that can be bought. */
export interface Product {
  readonly id: string
  readonly name: string
  /** Empty where the catalogue has none. */
  readonly description: string
  /** In minor units of the currency. */
  readonly price: number
  /** ISO 4217. */
  readonly currency: string
  readonly stock: number
  /** One more with every change, stock included. */
  readonly revision: number
  readonly updatedAt: Date
}

/** What the catalogue says of a product; the rest is ours. */
export type CatalogueEntry = Pick<Product, 'id' | 'name' | 'description' | 'price' | 'currency' | 'stock'>

/** Products in the order of their ids, with the URLs of this page and the next. */
export interface ProductPage {
  readonly items: readonly Product[]
  readonly self: string
  /** Undefined on the last page. */
  readonly next: { readonly cursor: string; readonly href: string } | undefined
}

export const PRODUCT_ID = /^[A-Za-z0-9_-]{1,64}$/
