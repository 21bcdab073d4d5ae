import { Component, type ErrorInfo, type ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'

/** A fault in drawing must not leave an empty window. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error('The interface failed', error, info.componentStack)
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <Page
        title="Something went wrong"
        lead="Your messages are safe. Loading the window again usually helps."
      >
        <Button variant="primary" onClick={() => window.location.reload()}>
          Load again
        </Button>
      </Page>
    )
  }
}
