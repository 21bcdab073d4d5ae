import { readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { OptionError } from './options.ts'
import { refuseUsedFolder, restoreIdentity } from './storage/documents/identity.ts'
import { decryptIdentity } from './storage/identity-backup.ts'

/** A backup is about 2 kB. */
const MAX_FILE_BYTES = 1024 * 1024

/**
 * `--restore-identity <file>`: writes the identity of an encrypted backup into a data folder that was
 * never started, and gives a sentence that says so. Throws `OptionError` for a file that cannot be
 * read, `StorageError` for a folder in use, a wrong passphrase or an unusable backup; the folder is
 * then as it was.
 */
export async function restoreIdentityFrom(
  file: string,
  dataDir: string,
  requestedName: string | undefined,
): Promise<string> {
  // Before a passphrase is asked for in vain.
  refuseUsedFolder(dataDir)
  const text = readBackup(file)
  const identity = await decryptIdentity(text, await passphraseFor(file))
  const serverName = restoreIdentity(dataDir, identity, requestedName)
  return (
    `The identity of ${serverName} is restored into ${dataDir}. Start without --restore-identity from now on. ` +
    'Rooms and messages are not part of an identity backup, and no other computer may run this identity.'
  )
}

function readBackup(file: string): string {
  try {
    if (statSync(file).size <= MAX_FILE_BYTES) return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OptionError(`--restore-identity: ${file} cannot be read: ${reason}`)
  }
  throw new OptionError(`--restore-identity: ${file} is too large to be an identity backup.`)
}

async function passphraseFor(file: string): Promise<string> {
  const given = process.env['HEARTH_PASSPHRASE']
  // Nothing that this process starts needs it.
  delete process.env['HEARTH_PASSPHRASE']
  if (given !== undefined && given !== '') return given
  if (!process.stdin.isTTY) {
    throw new OptionError(
      '--restore-identity needs the passphrase of the backup: set the environment variable HEARTH_PASSPHRASE, or start on a terminal to be asked.',
    )
  }
  return await ask(`Passphrase of ${file}: `)
}

/** Asks on standard error, as standard output carries the ready line. What is typed is not shown. */
function ask(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  // Only now, as the terminal no longer shows what is typed.
  process.stderr.write(question)
  return new Promise((resolve, reject) => {
    let answer: string | undefined
    lines.once('line', (line) => {
      answer = line
      lines.close()
    })
    // By Ctrl+C or the end of the input too, which in raw mode reach nobody else.
    lines.once('close', () => {
      process.stderr.write('\n')
      if (answer === undefined) reject(new OptionError('No passphrase was given; nothing is restored.'))
      else resolve(answer)
    })
  })
}
