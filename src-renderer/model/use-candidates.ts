import { useEffect, useState } from 'react'
import type { Person } from '../client/types.ts'
import { rank } from './rooms.ts'
import { isUserId } from './text.ts'
import { useReadable, useServices } from './use-client.ts'
import { useNearbyPeople } from './use-nearby-people.ts'

const TYPING_PAUSE_MS = 200
const MOST = 30

export interface Candidate extends Person {
  readonly detail: string
  readonly reachable?: boolean | undefined
}

/**
 * Who may be meant by the words: people nearby, those one talks with, those the node knows of, and whoever a
 * whole id names. The ones that are known are there at once; the others come with the node's answer.
 */
export function useCandidates(words: string, without: ReadonlySet<string>): Candidate[] {
  const { client } = useServices()
  const rooms = useReadable(client.rooms)
  const nearby = useNearbyPeople()
  const found = useDirectoryPeople(words)

  const people = new Map<string, Candidate>()
  for (const { status, ...person } of nearby) people.set(person.userId, { ...person, detail: status })
  for (const { directWith } of rooms) {
    if (directWith !== undefined && !people.has(directWith.userId))
      people.set(directWith.userId, { ...directWith, detail: directWith.userId })
  }
  const known = rank([...people.values()], words, (each) => `${each.name} ${each.userId}`)
  const rest = found
    .filter((each) => !people.has(each.userId))
    .map((each): Candidate => ({ ...each, detail: each.userId }))
  return [...known, ...rest].filter((each) => !without.has(each.userId)).slice(0, MOST)
}

/** What the node's directory answers to the words; somebody named by a whole id is asked for at their server. */
export function useDirectoryPeople(words: string): readonly Person[] {
  const { client } = useServices()
  const [answer, setAnswer] = useState<{ words: string; people: readonly Person[] }>()
  useEffect(() => {
    if (words === '') return
    let current = true
    const timer = setTimeout(() => {
      const question = isUserId(words)
        ? client.lookUpPerson(words).then((person) => [person])
        : client.searchPeople(words)
      question.then(
        (people) => current && setAnswer({ words, people }),
        // Whom nobody answers for can still be invited by a whole id.
        (error: unknown) => console.warn('People could not be looked up', error),
      )
    }, TYPING_PAUSE_MS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [client, words])
  return answer?.words === words ? answer.people : []
}
