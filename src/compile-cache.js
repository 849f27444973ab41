import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// A third of the work of a start is stripping types and compiling. What comes of it is kept beside the modules, where
// nobody writes who could not write those; where that is not allowed either, nothing is kept and nothing fails.
// JavaScript, and imported before the service: whatever is loaded earlier, Node's own stripper included, is done anew.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/holdfast', import.meta.url)))
