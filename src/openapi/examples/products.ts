import type { Product, ProductPage } from '../../products/product.ts'

/** What the examples of the document are made of: the presenters of each version turn it into bodies. */

export const exampleProduct: Product = {
  id: 'desk-walnut',
  name: 'Walnut desk',
  description: 'Solid walnut, oiled, 160 by 80 centimetres.',
  price: 48900,
  currency: 'USD',
  stock: 12,
  revision: 4,
  updatedAt: new Date('2026-03-02T09:41:27.104Z'),
}

const cursor = 'q0yNTr7cVnWm5b0PpWm0eSJkZXNrLXdhbG51dCI'

export const exampleProductPage: ProductPage = {
  items: [exampleProduct],
  self: '/products?limit=1',
  next: { cursor, href: `/products?limit=1&cursor=${cursor}` },
}
