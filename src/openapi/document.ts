import packageJson from '../../package.json' with { type: 'json' }
import { headers } from './headers.ts'
import { introduction } from './introduction.ts'
import type { OpenApiDocument, Operation, Response, Room, Server } from './open-api.ts'
import { operationOf } from './operation.ts'
import { parameters } from './parameters.ts'
import { defaultProblem } from './problem-responses.ts'
import { problemExamples, problemSchemas } from './problem-schemas.ts'
import { contractRoom } from './rooms/contract.ts'
import { healthRoom } from './rooms/health.ts'
import { orderRoom } from './rooms/orders.ts'
import { patchSchemas } from './rooms/patches.ts'
import { problemRoom } from './rooms/problem-pages.ts'
import { productRoom } from './rooms/products.ts'
import { userRoom } from './rooms/users.ts'
import { shareNamed } from './schemas.ts'

const rooms: readonly Room[] = [productRoom, orderRoom, userRoom, problemRoom, healthRoom, contractRoom]

/** Where the document that is kept with the source says the service is. */
const local: Server = { url: 'http://127.0.0.1:3000', description: 'What `npm start` opens' }

const bearer = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'A signed JWT (HS256, or by key set RS256, ES256, EdDSA) with `sub` and `exp`.',
}

/**
 * The interface as OpenAPI 3.1, composed from the schemas, versions and problems that the service runs on. The same
 * release gives the same document.
 *
 * @param servers where the service is; by default where `npm start` opens it
 */
export function composeDocument(servers: readonly Server[] = [local]): OpenApiDocument {
  const { paths, responses } = composePaths()
  return {
    openapi: '3.1.1',
    info: {
      title: 'Holdfast',
      version: packageJson.version,
      summary: packageJson.description,
      description: introduction,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers,
    tags: rooms.map(({ tag }) => tag),
    paths,
    components: {
      securitySchemes: { bearer },
      parameters,
      headers,
      responses: { ...responses, AnyOtherProblem: defaultProblem },
      schemas: shareNamed(gather(({ schemas }) => schemas, { ...problemSchemas, ...patchSchemas })),
      examples: gather(({ examples }) => examples, problemExamples),
    },
  }
}

function composePaths() {
  const paths: Record<string, Record<string, Operation>> = {}
  const responses: Record<string, Response> = {}
  for (const { tag, endpoints } of rooms) {
    for (const endpoint of endpoints) {
      const composed = operationOf(endpoint, tag.name)
      paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: composed.operation }
      Object.assign(responses, composed.shared)
    }
  }
  return { paths, responses: sortedByName(responses) }
}

/** What every room brings of one kind, by name, with what belongs to none of them. */
function gather<T>(of: (room: Room) => Readonly<Record<string, T>>, others: Readonly<Record<string, T>>) {
  return sortedByName<T>(Object.assign({}, ...rooms.map(of), others))
}

function sortedByName<T>(named: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(named).sort(([one], [other]) => (one < other ? -1 : 1)))
}
