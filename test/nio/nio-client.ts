import { join } from 'node:path'
import { z } from 'zod'
import { Child } from '../harness/process/child.ts'
import { pythonWith } from '../harness/process/python-environment.ts'
import { repositoryRoot } from '../harness/process/scratch.ts'
import { until } from '../harness/process/wait.ts'

const seenSchema = z.object({
  room: z.string(),
  /** The class that nio read it as. */
  kind: z.string(),
  event: z
    .looseObject({ event_id: z.string(), type: z.string(), sender: z.string(), content: z.looseObject({}) })
    .optional(),
  body: z.string().optional(),
  formatted_body: z.string().nullish(),
  url: z.string().optional(),
  reacts_to: z.string().optional(),
  key: z.string().optional(),
  redacts: z.string().optional(),
  users: z.array(z.string()).optional(),
  receipts: z.array(z.object({ event_id: z.string(), user: z.string() })).optional(),
})
export type Seen = z.infer<typeof seenSchema>

const lineSchema = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ seen: seenSchema }),
  z.object({ id: z.number(), answer: z.unknown() }),
  z.object({ id: z.number(), error: z.string() }),
])

export const roomOfNio = z.object({
  name: z.string(),
  members: z.array(z.string()),
  typing: z.array(z.string()),
  read: z.record(z.string(), z.string()),
  unread: z.number(),
  highlights: z.number(),
})

/** A person with matrix-nio in a process of its own; see client.py for the commands. */
export class NioClient {
  readonly userId: string
  /** Everything that nio has told of, in order. */
  readonly seen: Seen[] = []
  private readonly child: Child
  private readonly waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (e: Error) => void }
  >()
  private commands = 0
  private ready = false

  private constructor(python: string, homeserver: string, userId: string) {
    this.userId = userId
    this.child = new Child({
      label: 'nio',
      command: python,
      args: [join(repositoryRoot, 'test', 'nio', 'client.py'), homeserver, userId],
      input: true,
      onLine: (line) => this.hear(line),
    })
    void this.child.exited.then(() => {
      for (const { reject } of this.waiting.values()) reject(this.child.failure('ended'))
    })
  }

  static async start(homeserver: string, userId: string): Promise<NioClient> {
    const python = await pythonWith({
      title: 'matrix-nio',
      folder: 'nio-venv',
      variable: 'HEARTH_NIO_VENV',
      requirement: 'matrix-nio==0.26.0',
    })
    const client = new NioClient(python, homeserver, userId)
    await until('nio is ready', () => {
      if (!client.child.running) throw client.child.failure('ended before it was ready')
      return client.ready
    })
    return client
  }

  async do<T>(verb: string, args: object, schema: z.ZodType<T>): Promise<T> {
    const id = ++this.commands
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject }))
    this.child.writeLine(JSON.stringify({ id, do: verb, ...args }))
    return schema.parse(await answer)
  }

  /** Waits until nio has told of something like this, and gives it. */
  async sees(what: string, test: (seen: Seen) => boolean): Promise<Seen> {
    try {
      return await until(`nio sees ${what}`, () => this.seen.find(test), 15_000)
    } catch (error) {
      throw this.child.failure(`did not see ${what}: ${error instanceof Error ? error.message : ''}`)
    }
  }

  async stop(): Promise<void> {
    await this.child.stop()
  }

  private hear(line: string): void {
    // Python libraries may write notices of their own.
    if (!line.startsWith('{')) return
    const message = lineSchema.parse(JSON.parse(line))
    if ('ready' in message) this.ready = true
    else if ('seen' in message) this.seen.push(message.seen)
    else {
      const waiting = this.waiting.get(message.id)
      this.waiting.delete(message.id)
      if ('error' in message) waiting?.reject(new Error(`nio: ${message.error}`))
      else waiting?.resolve(message.answer)
    }
  }
}
