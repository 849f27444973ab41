/** What a token may say about its bearer, beside who it is. */
export interface Claims {
  name: string | null
  email: string | null
}

const MOST_NAME_CHARACTERS = 200
const MOST_EMAIL_CHARACTERS = 320
const EMAIL = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/

/** The claims that can be kept. One that cannot is as good as none: an order does not fail for a long name. */
export function keepableClaims({ name, email }: Claims): Claims {
  return {
    name: name !== null && isText(name) && [...name].length <= MOST_NAME_CHARACTERS ? name : null,
    email:
      email !== null && isText(email) && email.length <= MOST_EMAIL_CHARACTERS && EMAIL.test(email)
        ? email
        : null,
  }
}

/** Text that the database can hold: no NUL, and no half of a surrogate pair. */
const isText = (text: string) => text.isWellFormed() && !text.includes('\0')
