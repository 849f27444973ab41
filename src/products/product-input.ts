import Type, { type Static } from 'typebox'
import { type CatalogueEntry, PRODUCT_ID } from './product.ts'

/** A product as operators write it. A second currency would need a rate, so there is one. */
export const productInput = (currency: string) =>
  Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 200 }),
      description: Type.Optional(Type.String({ maxLength: 5000 })),
      price: Type.Object(
        {
          amount: Type.Integer({ minimum: 0, maximum: 99_999_999, description: 'In minor units.' }),
          currency: Type.Literal(currency),
        },
        { additionalProperties: false },
      ),
      stock: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
    },
    { additionalProperties: false },
  )

export type ProductInput = Static<ReturnType<typeof productInput>>

/** One line of an import: the same, and its id. */
export const productLine = (currency: string) =>
  Type.Object(
    { id: Type.String({ pattern: PRODUCT_ID.source }), ...productInput(currency).properties },
    { additionalProperties: false },
  )

export function entryOf(id: string, { name, description = '', price, stock }: ProductInput): CatalogueEntry {
  return { id, name, description, price: price.amount, currency: price.currency, stock }
}
