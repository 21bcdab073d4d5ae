import { Component, type ReactNode } from 'react'
import css from './message-content.module.css'

interface BoundaryProps {
  /** What the message says; another try is made when it changed. */
  content: unknown
  children: ReactNode
}

/** One message that cannot be drawn must not take the others with it. */
export class MessageBoundary extends Component<BoundaryProps, { failedAt: unknown }> {
  override state: { failedAt: unknown } = { failedAt: undefined }

  override componentDidCatch(error: unknown): void {
    console.error('A message could not be drawn', error)
    this.setState({ failedAt: this.props.content })
  }

  static getDerivedStateFromError(): { failedAt: unknown } {
    return { failedAt: FAILED }
  }

  override render(): ReactNode {
    const { failedAt } = this.state
    if (failedAt !== undefined && (failedAt === FAILED || failedAt === this.props.content)) {
      return <span className={css.unknown}>This message could not be shown.</span>
    }
    return this.props.children
  }
}

const FAILED = Symbol('failed')
