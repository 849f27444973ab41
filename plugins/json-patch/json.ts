import { isForbiddenName, type Tokens } from './pointer.ts'

/** RFC 6901 section 4: no sign, no leading zero, no fraction. */
const INDEX = /^(?:0|[1-9]\d*)$/

export type JsonObject = Record<string, unknown>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What stands at a path, looked for among own members only; undefined if nothing does. */
export function valueAt(document: unknown, path: Tokens): { value: unknown } | undefined {
  let value = document
  for (const token of path) {
    if (Array.isArray(value)) {
      if (!INDEX.test(token) || Number(token) >= value.length) return undefined
      value = value[Number(token)]
    } else if (isJsonObject(value) && Object.hasOwn(value, token)) value = value[token]
    else return undefined
  }
  return { value }
}

/** Whether a value could be added at a path: its parent is there, and has room for it (RFC 6902 section 4.1). */
export function hasRoomAt(document: unknown, path: Tokens): boolean {
  const last = path.at(-1)
  if (last === undefined) return true
  const parent = valueAt(document, path.slice(0, -1))?.value
  if (Array.isArray(parent)) return last === '-' || (INDEX.test(last) && Number(last) <= parent.length)
  return isJsonObject(parent)
}

/** Equality of RFC 6902 section 4.6: numbers by value, arrays in order, objects whatever their members' order. */
export function equalJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => equalJson(item, other[index]))
    )
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && equalJson(one[name], other[name]))
  )
}

/** Levels of arrays and objects: 0 for a number, 1 for `{}`. */
export function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let deepest = 0
  for (const member of Object.values(value)) deepest = Math.max(deepest, depthOf(member))
  return deepest + 1
}

/** Bytes of the value as UTF-8. */
export const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

/** The paths of members that are named as no member may be. */
export function forbiddenMembers(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) return value.flatMap((item, index) => forbiddenMembers(item, [...path, index]))
  if (!isJsonObject(value)) return []
  return Object.keys(value).flatMap((name) =>
    isForbiddenName(name) ? [[...path, name]] : forbiddenMembers(value[name], [...path, name]),
  )
}
