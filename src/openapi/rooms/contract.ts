import type { Endpoint, Room } from '../open-api.ts'

const headers = ['ETag', 'Cache-Control'] as const
const document = {
  method: 'get',
  access: 'public',
  versioned: false,
  parameters: ['IfNoneMatch'],
  problems: [],
} as const
const unchanged = { description: 'What the client has is still current.', headers }

const yaml: Endpoint = {
  ...document,
  path: '/openapi.yaml',
  operationId: 'getOpenApiYaml',
  summary: 'This document as YAML',
  description: 'OpenAPI 3.1, made from the schemas that the service runs on.',
  answers: {
    200: {
      description: 'The document.',
      headers,
      content: { 'application/yaml': { schema: { type: 'string' } } },
    },
    304: unchanged,
  },
}

const json: Endpoint = {
  ...document,
  path: '/openapi.json',
  operationId: 'getOpenApiJson',
  summary: 'This document as JSON',
  description: 'The same as `/openapi.yaml`, for what reads no YAML.',
  answers: {
    200: {
      description: 'The document.',
      headers,
      content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
    },
    304: unchanged,
  },
}

const reader: Endpoint = {
  ...document,
  path: '/docs',
  operationId: 'readDocs',
  summary: 'This document for people',
  description:
    'A page that shows this document and sends what is tried out in it. All of it comes from this service.',
  answers: {
    200: {
      description: 'The page.',
      headers,
      content: { 'text/html': { schema: { type: 'string', description: 'A page for people.' } } },
    },
    304: unchanged,
  },
}

export const contractRoom: Room = {
  tag: { name: 'Contract', description: 'This description of the interface, for generators and readers.' },
  schemas: {},
  examples: {},
  endpoints: [yaml, json, reader],
}
