import { variables } from './variables.ts'

const HEAD = `# Every setting of the service. Written by \`npm run openapi\` from src/config/schema.ts.
# \`npm start\` needs none of them. An empty value counts as not set.
# No process reads a \`.env\` by itself: \`node_modules/.bin/node --env-file=.env src/main.ts\` does. A shell that is to source
# one wants quotes around what has spaces, <>, & or ; in it.
`

/** The text of \`.env.example\`: what is required stands there to be filled in, the rest is commented out. */
export function renderExample(): string {
  const lines = variables.map((variable) => {
    const { name, allowed, description, example, required, standard, section } = variable
    const now = standard === undefined ? example : Array.isArray(standard) ? standard.join(',') : standard
    const heading = section === undefined ? '' : `\n# --- ${section} ---\n`
    const rule = `# Allowed: ${allowed}.${required ? ' Required.' : ''}`
    return `${heading}\n# ${description}\n${rule}\n${required ? '' : '# '}${name}=${now}\n`
  })
  return HEAD + lines.join('')
}
