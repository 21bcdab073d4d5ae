import DOMPurify, { type Config } from 'dompurify'

/** What the Client-Server API lets a formatted message say ("m.room.message msgtypes"). */
const RULES: Config = {
  ALLOWED_TAGS: [
    ...['del', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'p', 'a', 'ul', 'ol', 'sup', 'sub', 'li'],
    ...['b', 'i', 'u', 'strong', 'em', 's', 'code', 'hr', 'br', 'div', 'table', 'thead', 'tbody', 'tr', 'th'],
    ...['td', 'caption', 'pre', 'span', 'img', 'details', 'summary'],
    // Deprecated, and still sent for colours.
    'font',
  ],
  ALLOWED_ATTR: [
    ...['href', 'src', 'alt', 'title', 'width', 'height', 'start', 'class', 'color'],
    ...['data-mx-color', 'data-mx-bg-color', 'data-mx-spoiler', 'data-mx-maths', 'data-mx-emoticon'],
  ],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto|matrix|mxc):/iu,
  // The others are words and numbers, which the rule for addresses would refuse.
  ADD_URI_SAFE_ATTR: [
    ...['alt', 'title', 'width', 'height', 'start', 'class', 'color', 'data-mx-color', 'data-mx-bg-color'],
    ...['data-mx-spoiler', 'data-mx-maths', 'data-mx-emoticon'],
  ],
  // The quote that older clients put into a reply: its content goes with it.
  FORBID_CONTENTS: ['mx-reply', 'script', 'style', 'iframe', 'object', 'svg', 'math', 'template', 'noscript'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
}

/** The largest event is 64 KiB; what is longer is no message. */
const LONGEST = 70_000

/** Others' HTML as inert nodes with nothing but what the specification allows in them. */
export function sanitize(html: string): DocumentFragment {
  return DOMPurify.sanitize(html.slice(0, LONGEST), { ...RULES, RETURN_DOM_FRAGMENT: true })
}
