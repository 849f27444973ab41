/** What every connection asks for as it is opened, whatever the database and the role have set for others. */
export const SESSION = {
  // As both drivers read dates. One that poolers know, as many drivers ask for it.
  DateStyle: 'ISO, MDY',
}
