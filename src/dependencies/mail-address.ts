const ADDRESS = /^[^\s@<>(),;:"\\[\]\p{C}]{1,64}@[^\s@<>(),;:"\\[\]\p{C}]{1,255}$/u

/** Whether it is one address, of visible characters, with nothing that a list, a name or a header could be made of. */
export const isMailAddress = (text: string): boolean => ADDRESS.test(text)
