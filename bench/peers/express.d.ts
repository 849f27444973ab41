/** Of Express as much as the peer uses: the package brings no types. */
declare module 'express' {
  interface Response {
    type(type: string): Response
    send(body: string): Response
  }
  interface Application {
    disable(setting: string): void
    get(path: string, handle: (request: unknown, response: Response) => void): void
    listen(port: number, host: string): unknown
  }
  export default function express(): Application
}
