/**
 * Newer browsers return a promise from these (CSSOM View), where TypeScript's own types say nothing. An effect
 * that passed it on gave React a clean-up that is no function; so typed, such an effect does not compile.
 */
interface Element {
  scrollIntoView(arg?: boolean | ScrollIntoViewOptions): unknown
  scroll(options?: ScrollToOptions): unknown
  scrollTo(options?: ScrollToOptions): unknown
  scrollBy(options?: ScrollToOptions): unknown
}
