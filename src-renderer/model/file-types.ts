/**
 * Which kinds of files may be shown in the page. A kind is shown only when neither its MIME type nor its name
 * speaks against it; what is not known here is not shown. The bytes are looked at again before they are drawn.
 */

/** Pictures of pixels only; SVG can carry script. */
const PICTURES = new Set([
  'image/png',
  'image/apng',
  'image/jpeg',
  'image/jpg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
])

/** What a browser or an operating system may run, by MIME type. */
const RUNNABLE_TYPES =
  /^(?:text\/(?:html|xml|javascript|ecmascript|vbscript|x-(?:sh|shellscript|python|perl|ruby|php|script.*))|image\/svg.*|multipart\/.*|application\/(?:(?:x-)?(?:javascript|ecmascript|sh|shellscript|csh|bat|msdos-program|msdownload|msi|executable|httpd-php|php|python|perl|ruby)|java-archive|hta|xml|xhtml.*|xslt.*)|.*\+xml)$/u

/** The same by the end of the name. */
const RUNNABLE_EXTENSIONS = new Set(
  `html htm xhtml xht shtml mht mhtml svg svgz xml xsl xslt xul hta js mjs cjs jse vb vbs vbe wsf wsh sh bash zsh
  fish csh ksh bat cmd com exe msi msp scr pif ps1 psm1 py pyw pyc pl rb php phtml jar app command desktop lnk url
  reg scpt applescript appimage deb rpm dmg apk swf`.split(/\s+/u),
)

/** What is read as text, by the end of the name. */
const TEXT_EXTENSIONS = new Set(
  `txt text log md markdown csv tsv json jsonl ndjson json5 yaml yml toml ini cfg conf properties diff patch srt vtt
  ics vcf tex bib rst adoc org c h cc cpp cxx hpp hh cs rs go java kt kts scala swift ts tsx jsx css scss less sql
  graphql proto lua r jl hs ml ex exs erl clj dart zig nim asm s f90 m mm gradle cmake tf nix lock`.split(
    /\s+/u,
  ),
)

const TEXT_TYPES = new Set([
  'text/plain',
  'text/csv',
  'text/tab-separated-values',
  'text/markdown',
  'text/x-markdown',
  'text/css',
  'text/calendar',
  'text/vcard',
  'text/x-log',
  'text/x-diff',
  'text/x-c',
  'text/x-csrc',
  'text/x-rust',
  'text/x-java',
  'text/x-go',
  'application/json',
  'application/x-ndjson',
  'application/yaml',
  'application/x-yaml',
  'application/toml',
  'application/sql',
])

/** Says nothing about the content, so the name decides. */
const SAYS_NOTHING = new Set(['', 'application/octet-stream', 'binary/octet-stream', 'text/plain'])

/** A MIME type without its parameters. */
export function essenceOf(type: string): string {
  return (type.split(';', 1)[0] ?? '').trim().toLowerCase()
}

/** What follows the last point of a name, in small letters; empty where there is none. */
export function extensionOf(name: string): string {
  return /\.([\p{L}\p{N}_-]+)$/u.exec(name.trim())?.[1]?.toLowerCase() ?? ''
}

export function isRunnable(type: string, name: string): boolean {
  return RUNNABLE_TYPES.test(type) || RUNNABLE_EXTENSIONS.has(extensionOf(name))
}

export function isShownPicture(type: string): boolean {
  return PICTURES.has(type)
}

export function isPdf(type: string, name: string): boolean {
  if (type === 'application/pdf' || type === 'application/x-pdf') return true
  return SAYS_NOTHING.has(type) && extensionOf(name) === 'pdf'
}

export function isText(type: string, name: string): boolean {
  const extension = extensionOf(name)
  if (TEXT_TYPES.has(type)) return extension === '' || TEXT_EXTENSIONS.has(extension) || type !== 'text/plain'
  // Browsers know few kinds of source code, and some by wrong names (`.ts` as a video).
  return TEXT_EXTENSIONS.has(extension) && (SAYS_NOTHING.has(type) || type.startsWith('text/x-'))
}

/** By their first bytes, the pictures that are shown; SVG begins with none of these. */
export function isPictureBytes(bytes: Uint8Array): boolean {
  const starts = (...expected: number[]): boolean => expected.every((byte, index) => bytes[index] === byte)
  const word = (from: number, to: number): string => String.fromCodePoint(...bytes.subarray(from, to))
  return (
    starts(0x89, 0x50, 0x4e, 0x47) ||
    starts(0xff, 0xd8, 0xff) ||
    word(0, 4) === 'GIF8' ||
    (word(0, 4) === 'RIFF' && word(8, 12) === 'WEBP') ||
    (word(4, 8) === 'ftyp' && /avi[fs]/u.test(word(8, 32))) ||
    starts(0x42, 0x4d)
  )
}

/** PDF readers allow some bytes before the header. */
export function isPdfBytes(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(0, 1_024)).includes('%PDF-')
}

/** Text as people write it: no NUL, and hardly anything that is no character. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, 2).every((byte, index) => byte === [0xff, 0xfe][index]) && bytes.length >= 2) {
    return new TextDecoder('utf-16le').decode(bytes)
  }
  if (bytes.includes(0)) return undefined
  const text = new TextDecoder('utf-8').decode(bytes)
  const strange = text.match(/\uFFFD/gu)?.length ?? 0
  // A character that was cut in two at the end of the piece is no sign of anything.
  if (strange <= Math.max(1, text.length / 200)) return text
  return new TextDecoder('windows-1252').decode(bytes)
}
