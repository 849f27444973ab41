import { productVersions } from '../../products/versions.ts'
import { exampleProduct, exampleProductPage } from '../examples/products.ts'
import { versionHeaders } from '../headers.ts'
import type { Endpoint, Room } from '../open-api.ts'
import { versionedContent } from '../versioned.ts'

const product = productVersions.map(({ version }) => bodyOf('Product', version))
const productList = productVersions.map(({ version }) => bodyOf('ProductList', version))

function bodyOf(resource: string, version: number) {
  return { version, schema: `${resource}V${version}`, examples: [`${resource}V${version}`] }
}

const headers = [...versionHeaders, 'ETag', 'Cache-Control', 'Cache-Status'] as const
const unchanged = { description: 'What the client has is still current.', headers }

const stale =
  'While the catalogue cannot be reached, what was read before is still served, with `Cache-Status: holdfast; hit; detail=stale`.'

const listProducts: Endpoint = {
  method: 'get',
  path: '/products',
  operationId: 'listProducts',
  summary: 'List the catalogue',
  description: `Products in the order of their ids, a page at a time. ${stale}`,
  access: 'public',
  versioned: true,
  parameters: ['Limit', 'Cursor', 'AcceptVersion', 'IfNoneMatch'],
  answers: {
    200: {
      description: 'A page of products.',
      headers,
      content: versionedContent('product-list', productList),
    },
    304: unchanged,
  },
  problems: ['validation-failed'],
}

const getProduct: Endpoint = {
  method: 'get',
  path: '/products/{id}',
  operationId: 'getProduct',
  summary: 'Look at a product',
  description: `What it is, what it costs, and how much there is of it. ${stale}`,
  access: 'public',
  versioned: true,
  parameters: ['ProductId', 'AcceptVersion', 'IfNoneMatch'],
  answers: {
    200: { description: 'The product.', headers, content: versionedContent('product', product) },
    304: unchanged,
  },
  problems: ['not-found'],
}

export const productRoom: Room = {
  tag: { name: 'Products', description: 'The catalogue: what can be bought. Public, and made to be cached.' },
  schemas: Object.fromEntries(
    productVersions.flatMap(({ version, schema, listSchema }) => [
      [`ProductV${version}`, schema],
      [`ProductListV${version}`, listSchema],
    ]),
  ),
  examples: Object.fromEntries(
    productVersions.flatMap(({ version, render, renderList }) => [
      [
        `ProductV${version}`,
        { summary: `A product, version ${version}`, value: JSON.parse(render(exampleProduct).body) },
      ],
      [
        `ProductListV${version}`,
        {
          summary: `A page of products, version ${version}`,
          value: JSON.parse(renderList(exampleProductPage).body),
        },
      ],
    ]),
  ),
  endpoints: [listProducts, getProduct],
}
