import { element } from './element.js'

/**
 * An id that a click copies: there is no page of orders or traces here, and it is pasted where there is one.
 *
 * @param {string} id
 * @param {string} what
 */
export const copyable = (id, what) =>
  element('button', { type: 'button', class: 'id', 'data-copy': id, title: `Copy the ${what}` }, id)

/**
 * A trace id leads to where traces are shown, if the service was told where that is.
 *
 * @param {string} id
 */
export function traceLink(id) {
  const { traceUrl } = document.body.dataset
  if (!traceUrl) return copyable(id, 'trace id')
  return element('a', { class: 'id', href: traceUrl.replaceAll('{traceId}', id) }, id)
}

/**
 * Copies what was clicked, if it can be copied.
 *
 * @param {Event} event
 * @returns {Promise<string | undefined>} what to tell of it
 */
export async function copyFrom({ target }) {
  const button = target instanceof Element ? target.closest('[data-copy]') : null
  const id = button?.getAttribute('data-copy')
  if (button === null || !id) return undefined
  try {
    await navigator.clipboard.writeText(id)
    return `Copied ${id}.`
  } catch {
    // Over plain http, and not on this machine, a page has no clipboard.
    getSelection()?.selectAllChildren(button)
    return `Selected ${id}; the browser keeps its clipboard from a page without https.`
  }
}
