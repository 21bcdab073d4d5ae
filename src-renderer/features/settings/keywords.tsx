import { useServices } from '../../model/use-client.ts'
import { WordList } from './word-list.tsx'

/** Words that are told of wherever somebody says them. */
export function Keywords({ words }: { words: readonly string[] }) {
  const { client, attempt } = useServices()
  return (
    <WordList
      label="Tell me when somebody says"
      placeholder="a word, such as your team's name"
      listLabel="Words"
      words={words}
      maxLength={100}
      onAdd={(word) => attempt(async () => await client.addKeyword(word), 'The word could not be added')}
      onRemove={(word) =>
        void attempt(async () => await client.removeKeyword(word), 'The word could not be removed')
      }
    />
  )
}
