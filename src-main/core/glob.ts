/** Linear-time glob matching: a hostile pattern full of stars must not cost exponential time. */
export function matcher(pattern: string): (text: string) => boolean {
  const glob = pattern.toLowerCase()
  return (raw) => {
    const text = raw.toLowerCase()
    let t = 0
    let g = 0
    let star = -1
    let mark = 0
    while (t < text.length) {
      if (g < glob.length && glob[g] === '*') {
        star = g++
        mark = t
      } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
        g++
        t++
      } else if (star >= 0) {
        g = star + 1
        t = ++mark
      } else return false
    }
    while (glob[g] === '*') g++
    return g === glob.length
  }
}

/** Whether this can match a server name: `example.org`, `*.example.org`, `hs?:8448`, `[::1]`. */
export function isServerGlob(text: string): boolean {
  return /^[a-z0-9.:[\]*?-]{1,255}$/i.test(text)
}
