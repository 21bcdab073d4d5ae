import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSigner, signaturesReady, signJson } from '../../../src-main/core/signatures.ts'
import type { KeyId, ServerName, Signer } from '../../../src-main/core/types.ts'
import { serve, type TestServer } from '../../../src-main/federation/test-support.ts'
import type { CertificateAuthority } from './certificates.ts'
import { rawRequest } from './raw-http.ts'
import { freePort } from './scratch.ts'

/** Of the body of `POST /_matrix/identity/v2/store-invite`. */
export interface InviteToStore {
  readonly address: string
  readonly room_id: string
  readonly sender: string
}

/** Its answer: what the room is told by `m.room.third_party_invite`, whose state key is the token. */
export interface StoredInvite {
  readonly token: string
  readonly display_name: string
  readonly public_keys: readonly { readonly public_key: string; readonly key_validity_url: string }[]
}

const API = '/_matrix/identity/v2'
const newSigner = (name: string): Signer =>
  createSigner(name as ServerName, 'ed25519:0' as KeyId, randomBytes(32))

/** As much of an identity server as invites to e-mail addresses need. A test tells it whose an address is. */
export class IdentityServer {
  /** With its port, as clients name it in `id_server`. */
  readonly name: string
  /** What it says of its key: false is how it takes back all that it ever signed. */
  keyIsValid = true
  private readonly signer: Signer
  private readonly stored: (InviteToStore & { readonly token: string })[] = []
  private listener: TestServer | undefined

  private constructor(name: string) {
    this.name = name
    this.signer = newSigner(name)
  }

  static async start(certificates: CertificateAuthority): Promise<IdentityServer> {
    await signaturesReady()
    const port = await freePort()
    const server = new IdentityServer(`localhost:${port}`)
    const pem = {
      cert: readFileSync(certificates.certFile, 'utf8'),
      key: readFileSync(certificates.keyFile, 'utf8'),
    }
    server.listener = await serve(pem, (request) => server.answer(request), port)
    return server
  }

  async stop(): Promise<void> {
    await this.listener?.close()
  }

  storeInvite(invite: InviteToStore): StoredInvite {
    const token = randomBytes(12).toString('hex')
    this.stored.push({ ...invite, token })
    const key = {
      public_key: this.signer.publicKey,
      key_validity_url: `https://${this.name}${API}/pubkey/isvalid`,
    }
    return { token, display_name: `${invite.address.slice(0, 1)}...`, public_keys: [key] }
  }

  /**
   * The address has turned out to be that of `mxid`: tells that person's server of every invite that waits for it,
   * by POST, as identity servers do (identity service, "Invitation Storage"). Resolves with the status of the answer.
   */
  async bind(address: string, mxid: string, server: string, signer = this.signer): Promise<number> {
    const waiting = this.stored.filter((invite) => invite.address === address)
    const invites = waiting.map(({ token, ...invite }) => ({
      ...{ ...invite, medium: 'email', mxid },
      signed: signJson({ mxid, sender: invite.sender, token }, signer),
    }))
    const body = JSON.stringify({ medium: 'email', address, mxid, invites })
    const url = `https://${server}/_matrix/federation/v1/3pid/onbind`
    return (await rawRequest(url, { method: 'POST', body })).status
  }

  /** The same by somebody who has another key. */
  async bindForged(address: string, mxid: string, server: string): Promise<number> {
    return await this.bind(address, mxid, server, newSigner(this.name))
  }

  private async answer(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case `${API}/hash_details`:
        return Response.json({ algorithms: ['none', 'sha256'], lookup_pepper: 'pepper' })
      case `${API}/lookup`:
        return Response.json({ mappings: {} })
      case `${API}/store-invite`:
        return Response.json(this.storeInvite((await request.json()) as InviteToStore))
      case `${API}/pubkey/isvalid`: {
        const key = new URL(request.url).searchParams.get('public_key')
        return Response.json({ valid: this.keyIsValid && key === this.signer.publicKey })
      }
      default:
        return Response.json({ errcode: 'M_NOT_FOUND', error: 'not of this test' }, { status: 404 })
    }
  }
}
