/**
 * @typedef {Node | string | null} Child
 * @typedef {Record<string, string | number | boolean | null>} Attributes
 */

/**
 * The element that the page holds by this id.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {{ new (): T }} [kind]
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id)
  if (found === null || (kind !== undefined && !(found instanceof kind))) throw new Error(`no element #${id}`)
  return /** @type {T} */ (found)
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Attributes} [attributes] `true` sets it empty; null and false leave it out
 * @param {...Child} children text is text, never markup
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children)
}

/**
 * @param {string} name
 * @param {Attributes} attributes
 * @param {...Child} children
 */
export function svg(name, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children)
}

/**
 * Shows these children instead of those that are there. One that looks the same as before is left where it stands: it
 * keeps its focus, its selection and its place.
 *
 * @param {Element} parent
 * @param {readonly Node[]} children
 */
export function show(parent, children) {
  const gone = new Set(parent.childNodes)
  const next = children.map((child) => {
    const same = [...gone].find((node) => node.isEqualNode(child))
    if (same !== undefined) gone.delete(same)
    return same ?? child
  })
  for (const node of gone) node.remove()
  for (const [index, node] of next.entries()) {
    const there = parent.childNodes[index] ?? null
    if (there !== node) parent.insertBefore(node, there)
  }
}

/**
 * @param {Element} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/**
 * @template {Element} T
 * @param {T} node
 * @param {Attributes} attributes
 * @param {readonly Child[]} children
 */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) node.setAttribute(name, value === true ? '' : String(value))
  }
  node.append(...children.filter((child) => child !== null))
  return node
}
