import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer | undefined

/** Once for a whole run of `npm test`. The processes of the test files inherit the two variables. */
export async function globalSetup(): Promise<void> {
  server = await startTestServer()
  process.env.HOLDFAST_TEST_ADMIN_URL = server.adminUrl
  process.env.HOLDFAST_TEST_TEMPLATE = server.template
}

export async function globalTeardown(): Promise<void> {
  await server?.stop()
}
