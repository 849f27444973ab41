import Type, { type Static } from 'typebox'
import type { Product, ProductPage } from './product.ts'

const Link = Type.Object({ href: Type.String() })

export const ProductV2 = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    description: Type.String(),
    price: Type.Object({
      amount: Type.Integer({ description: 'In minor units of the currency.' }),
      currency: Type.String(),
    }),
    availability: Type.Object({ inStock: Type.Boolean(), quantity: Type.Integer() }),
    _links: Type.Object({ self: Link }),
  },
  { title: 'Product, version 2' },
)

export const ProductListV2 = Type.Object(
  {
    items: Type.Array(ProductV2),
    nextCursor: Type.Optional(Type.String()),
    _links: Type.Object({ self: Link, next: Type.Optional(Link) }),
  },
  { title: 'Product list, version 2' },
)

export function presentProductV2(product: Product): Static<typeof ProductV2> {
  const { id, name, description, price, currency, stock } = product
  return {
    id,
    name,
    description,
    price: { amount: price, currency },
    availability: { inStock: stock > 0, quantity: stock },
    _links: { self: { href: `/products/${id}` } },
  }
}

export function presentProductListV2({ items, self, next }: ProductPage): Static<typeof ProductListV2> {
  return {
    items: items.map(presentProductV2),
    ...(next && { nextCursor: next.cursor }),
    _links: { self: { href: self }, ...(next && { next: { href: next.href } }) },
  }
}
