import { useEffect, useState } from 'react'

/** Is somebody looking? A hidden or unfocused window reads nothing. */
export function useAttention(): boolean {
  const look = (): boolean => !document.hidden && document.hasFocus()
  const [attentive, setAttentive] = useState(look)
  useEffect(() => {
    const update = (): void => setAttentive(look())
    window.addEventListener('focus', update)
    window.addEventListener('blur', update)
    document.addEventListener('visibilitychange', update)
    return () => {
      window.removeEventListener('focus', update)
      window.removeEventListener('blur', update)
      document.removeEventListener('visibilitychange', update)
    }
  }, [])
  return attentive
}
