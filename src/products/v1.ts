import Type, { type Static } from 'typebox'
import type { Product, ProductPage } from './product.ts'

export const ProductV1 = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    price: Type.Integer({ description: 'In minor units of the currency.' }),
    stock: Type.Integer(),
  },
  { title: 'Product, version 1' },
)

export const ProductListV1 = Type.Array(ProductV1, { title: 'Product list, version 1' })

export function presentProductV1({ id, name, price, stock }: Product): Static<typeof ProductV1> {
  return { id, name, price, stock }
}

export function presentProductListV1({ items }: ProductPage): Static<typeof ProductListV1> {
  return items.map(presentProductV1)
}
