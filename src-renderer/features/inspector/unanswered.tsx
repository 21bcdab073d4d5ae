import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Waiting } from '../../ui/waiting.tsx'

interface UnansweredProps {
  /** While there is no problem. */
  waiting: ReactNode
  problem: string | undefined
  icon: ReactNode
  title: string
  again: () => void
}

/** A view of which nothing is known yet: what is waited for, or why there is nothing. */
export function Unanswered({ waiting, problem, icon, title, again }: UnansweredProps) {
  if (problem === undefined) return <Waiting whole>{waiting}</Waiting>
  return (
    <EmptyState icon={icon} title={title} actions={<Button onClick={again}>Try again</Button>}>
      {problem}
    </EmptyState>
  )
}
