/** Remembers of every representation which state of the resource it shows. */
export function createEntityTags() {
  const tags = new WeakMap<object, string>()
  return {
    note<Body extends object>({ body, etag }: { body: Body; etag: string | undefined }): Body {
      if (etag !== undefined) tags.set(body, etag)
      return body
    },
    of: (body: object) => tags.get(body),
  }
}

export type EntityTags = ReturnType<typeof createEntityTags>

/**
 * What `If-Match` says: the tag that was given, or the one of the representation that the change was made for.
 *
 * @throws TypeError for a copy, of which nobody knows what it is a copy of
 */
export function ifMatchOf(tags: EntityTags, subject: object | string, given: string | undefined): string {
  const tag = given ?? (typeof subject === 'string' ? undefined : tags.of(subject))
  if (tag === undefined) {
    throw new TypeError(
      'Which state is the change for? Pass the object as this client gave it, or ifMatch: an entity tag, or "*" for any.',
    )
  }
  return tag
}
