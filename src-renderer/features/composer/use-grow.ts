import { useLayoutEffect, type RefObject } from 'react'

const TALLEST_PX = 240

/** The style sheet lets the field grow; browsers that cannot do so are helped, at the price of a layout. */
export function useGrow(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    if (field.current !== null && !CSS.supports('field-sizing', 'content')) grow(field.current)
  }, [field, text])
}

function grow(element: HTMLTextAreaElement): void {
  element.style.height = 'auto'
  element.style.height = `${Math.min(element.scrollHeight, TALLEST_PX)}px`
}
