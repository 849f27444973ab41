import type { Attempt } from '../../clients/typescript/src/client.ts'
import { byId, element } from './element.ts'

const SHOWN = 40

/** What the client does, a line for each attempt: what is usually only seen in the tools of a browser. */
export function createWire(api: string) {
  const list = byId('wire', HTMLOListElement)
  return (version: 1 | 2, attempt: Attempt): void => {
    const { method, url, status, error, retryInMs, replayed, ms, number } = attempt
    const path = decodeURIComponent(url.slice(api.length))
      .replace(/cursor=[^&]+/, 'cursor=…')
      .replace(/ord_\w+(?=\w{6})/, '…')
    const outcome = status === undefined ? 'no answer' : String(status)
    const remarks = [
      ...(status === 304 ? ['unchanged'] : []),
      ...(replayed ? ['replayed: the same order'] : []),
      ...(number > 1 ? [`attempt ${number}`] : []),
      ...(retryInMs === undefined ? [] : [`again in ${(retryInMs / 1_000).toFixed(1)} s`]),
    ]
    const tone = error === undefined ? 'went' : 'failed'
    list.prepend(
      element(
        'li',
        { className: tone },
        element('code', {}, `${method} ${path}`),
        ' ',
        element('b', {}, outcome),
        ` v${version} · ${Math.round(ms)} ms${remarks.map((remark) => ` · ${remark}`).join('')}`,
      ),
    )
    while (list.children.length > SHOWN) list.lastElementChild?.remove()
  }
}
