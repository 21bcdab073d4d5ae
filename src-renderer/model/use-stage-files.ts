import { useEffect, useRef } from 'react'
import { useConversation } from './conversation.ts'
import { stage } from './staging.ts'
import { useServices } from './use-client.ts'

/** Adds files to those that go with the next message; says what cannot, and why. */
export function useStageFiles(): (added: readonly File[]) => void {
  const { client, attempt, toast } = useServices()
  const { staged, setStaged } = useConversation()
  const latest = useRef(staged)
  useEffect(() => {
    latest.current = staged
  }, [staged])
  return (added) => {
    void attempt(async () => {
      const { files, problems } = stage(latest.current, added, await client.uploadLimit())
      latest.current = files
      setStaged(files)
      for (const problem of problems) toast(problem)
    }, 'The files could not be added')
  }
}
