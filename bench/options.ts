/**
 * What a command was asked for. `--help` prints the usage; what `read` throws is a sentence above it and exit 2, for a
 * stack helps nobody at a shell.
 */
export function readOptions<T>(usage: string, read: () => T): T {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    console.log(usage)
    process.exit(0)
  }
  try {
    return read()
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(2)
  }
}

/** @throws Error on what is no whole number, or is too small */
export function wholeNumber(option: string, text: string, least = 1): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= least) return value
  throw new Error(`--${option} is a whole number from ${least}.`)
}
