import { createHash } from 'node:crypto'
import type { ProblemDefinition } from './definition.ts'

/** A page is one file: its style stands in it, and nothing is loaded from anywhere. */
const style = `
:root { color-scheme: light dark; --ink: light-dark(#1c1f24, #e7e9ec); --soft: light-dark(#5d6672, #9aa3af);
  --ground: light-dark(#fbfaf8, #14171b); --card: light-dark(#fff, #1c2026); --line: light-dark(#e5e2dc, #2c323a);
  --accent: light-dark(#a3411a, #f0a27c) }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif }
main { max-width: 44rem; margin: 0 auto; padding: 3rem 1.25rem 5rem }
h1 { font-size: 2rem; line-height: 1.2; margin: .5rem 0 1rem }
h2 { font-size: 1rem; margin: 2.25rem 0 .5rem; color: var(--soft) }
a { color: var(--accent); text-underline-offset: .2em }
a:focus-visible { outline: 2px solid; outline-offset: 3px }
code, pre { font: .9375rem/1.5 ui-monospace, monospace }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; overflow-x: auto }
.status { display: inline-block; min-width: 3rem; color: var(--accent); font-variant-numeric: tabular-nums; font-weight: 600 }
.soft { color: var(--soft) }
ul { list-style: none; padding: 0 }
li { padding: .625rem 0; border-top: 1px solid var(--line) }
`

/** Allows the one style above, by its hash, and nothing else. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The page of one kind of problem. `example` is the body of an answer. */
export function problemPage(
  slug: string,
  problem: ProblemDefinition,
  example: string,
  listUrl: string,
): string {
  return page(
    problem.title,
    `<p><a href="${escapeHtml(listUrl)}">All problems</a></p>
<h1>${escapeHtml(problem.title)}</h1>
<p><span class="status">${problem.status}</span> <code>${escapeHtml(slug)}</code></p>
<h2>What it means</h2>
<p>${escapeHtml(problem.meaning)}</p>
<h2>What to do</h2>
<p>${escapeHtml(problem.remedy)}</p>
<p class="soft">${problem.retryable ? 'The same request can succeed later.' : 'The same request will get the same answer again.'}</p>
<h2>What it looks like</h2>
<pre><code>${escapeHtml(example)}</code></pre>`,
  )
}

/** The list of them all, as `[url, slug, problem]`. */
export function problemListPage(entries: readonly (readonly [string, string, ProblemDefinition])[]): string {
  const items = entries.map(
    ([url, slug, { status, title, detail }]) =>
      `<li><span class="status">${status}</span> <a href="${escapeHtml(url)}">${escapeHtml(title)}</a> <code class="soft">${escapeHtml(slug)}</code><br>${escapeHtml(detail)}</li>`,
  )
  return page(
    'Problems',
    `<h1>Problems</h1>
<p>Every error of this service is one of these, as <code>application/problem+json</code> (RFC 9457). Its <code>type</code> is the address of the page here, its <code>instance</code> the id of the request.</p>
<ul>
${items.join('\n')}
</ul>`,
  )
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
