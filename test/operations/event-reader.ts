import assert from 'node:assert/strict'
import type { Lifetime } from '../support/postgres.ts'

/** Reads server-sent events, as a browser does, until the test ends. */
export async function watchEvents(lifetime: Lifetime, url: string, headers: Record<string, string> = {}) {
  const leaving = new AbortController()
  lifetime.after(async () => leaving.abort())
  const answer = await fetch(url, { headers, signal: leaving.signal })
  assert.equal(answer.status, 200)
  const events: { at: string }[] = []
  const ended = read(answer, events).catch(() => 'cut off')
  return { headers: answer.headers, events, ended, leave: () => leaving.abort() }
}

async function read({ body }: Response, events: { at: string }[]): Promise<string> {
  assert.ok(body !== null)
  let text = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end)
      text = text.slice(end + 2)
      const [, data] = /^event: stats\ndata: (.+)$/.exec(block) ?? []
      if (data === undefined) assert.match(block, /^(?:retry: \d+|:.*)$/)
      else events.push(JSON.parse(data))
    }
  }
  return 'ended'
}
