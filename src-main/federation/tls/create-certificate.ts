import { webcrypto } from 'node:crypto'
import type { Signer } from '../../core/types.ts'
import { encodeKeyExtension, KEY_EXTENSION_OID, signedBytes } from './key-extension.ts'

export interface NodeCertificate {
  /** PEM, self-signed. */
  readonly cert: string
  /** PEM, PKCS #8. */
  readonly key: string
}

/**
 * A fresh certificate for this server: ECDSA P-256, as Electron's BoringSSL takes no Ed25519
 * certificates, with the extension that ties it to the server's signing key. It never expires, because
 * its worth comes from that signature alone, and clocks on a LAN without internet may be years off.
 */
export async function createNodeCertificate(signer: Signer): Promise<NodeCertificate> {
  // Loaded here, as the library costs start-up time that most runs (with a certificate on disk) need not pay.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
  const spki = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey))
  const extension = encodeKeyExtension(
    Buffer.from(signer.publicKey, 'base64'),
    Buffer.from(signer.sign(signedBytes(spki)), 'base64'),
  )
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: ['Hearth node'] }],
      notBefore: new Date('2000-01-01T00:00:00Z'),
      notAfter: new Date('9999-12-31T23:59:59Z'),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.Extension(KEY_EXTENSION_OID, false, new Uint8Array(extension)),
      ],
    },
    webcrypto as Crypto,
  )
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${(pkcs8.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`,
  }
}
