/** Only what can be a media type goes back into a header. */
export function cleanContentType(value: string | undefined): string | undefined {
  const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+"
  const quoted = '"[ !#-\\[\\]-~]*"'
  const pattern = new RegExp(`^${token}/${token}(\\s*;\\s*${token}=(${token}|${quoted}))*$`)
  const text = value?.trim()
  return text !== undefined && text.length <= 255 && pattern.test(text) ? text : undefined
}

export function cleanFilename(value: string | undefined): string | undefined {
  const text = value
    ?.toWellFormed()
    .replace(/\p{Cc}/gu, '')
    .slice(0, 255)
  return text === undefined || text === '' ? undefined : text
}
