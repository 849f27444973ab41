import { type EntityTags, ifMatchOf } from './entity-tags.ts'
import type { JsonPatch } from './generated.ts'
import type { CallOptions } from './options.ts'
import type { Transport } from './transport.ts'

export interface PatchOptions extends CallOptions {
  /** The entity tag of the state that the change is for, or `*` for whatever there is. Default: that of the object given. */
  readonly ifMatch?: string
}

interface Patched {
  readonly path: string
  readonly type: string
  /** The representation that the change was made for, or the id of a resource. */
  readonly subject: object | string
}

/** An array is a JSON Patch (RFC 6902), an object a merge patch (RFC 7396). */
export async function sendPatch<Body extends object>(
  transport: Transport,
  tags: EntityTags,
  { path, type, subject }: Patched,
  patch: JsonPatch | object,
  options: PatchOptions,
): Promise<Body> {
  const isJsonPatch = Array.isArray(patch)
  const ifMatch = ifMatchOf(tags, subject, options.ifMatch)
  const answer = await transport.send<Body>(
    {
      method: 'PATCH',
      path,
      type,
      // A tag matches once, and what a merge patch says may be said twice. Operations on whatever there is may not.
      repeatable: isJsonPatch && ifMatch === '*' ? 'refused' : 'always',
      headers: { 'if-match': ifMatch },
      body: {
        contentType: isJsonPatch ? 'application/json-patch+json' : 'application/merge-patch+json',
        text: JSON.stringify(patch),
      },
    },
    options,
  )
  transport.remember(path, answer.body, answer.etag)
  return tags.note(answer)
}
