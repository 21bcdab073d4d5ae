import { generateKeyPairSync, sign, webcrypto, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import type { KeyId, ServerName, Signer } from '../../core/types.ts'
import { createNodeCertificate } from './create-certificate.ts'
import { encodeKeyExtension, KEY_EXTENSION_OID } from './key-extension.ts'
import { verifyPeerCertificate } from './verify-certificate.ts'

function makeSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const x = publicKey.export({ format: 'jwk' }).x ?? ''
  return {
    serverName: 'a.example' as ServerName,
    keyId: 'ed25519:1' as KeyId,
    publicKey: Buffer.from(x, 'base64url').toString('base64').replace(/=+$/, ''),
    sign: (bytes) => sign(null, bytes, privateKey).toString('base64').replace(/=+$/, ''),
  }
}

test('a node certificate is accepted for its own server key, and for no other', async () => {
  const signer = makeSigner()
  const { cert } = await createNodeCertificate(signer)
  const parsed = new X509Certificate(cert)
  expect(parsed.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  expect(verifyPeerCertificate(parsed.raw, [signer.publicKey])).toEqual({ verdict: 'accept' })
  expect(verifyPeerCertificate(parsed.raw, [makeSigner().publicKey])).toMatchObject({
    verdict: 'reject',
    reason: expect.stringContaining('another server key') as string,
  })
})

test("a certificate that carries another certificate's extension is refused", async () => {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const victim = makeSigner()
  const stolen = new x509.X509Certificate((await createNodeCertificate(victim)).cert).getExtension(
    KEY_EXTENSION_OID,
  )
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const forged = await x509.X509CertificateGenerator.createSelfSigned({
    signingAlgorithm: algorithm,
    keys: keys as CryptoKeyPair,
    extensions: stolen === null ? [] : [stolen],
  })
  expect(verifyPeerCertificate(new Uint8Array(forged.rawData), [victim.publicKey])).toMatchObject({
    verdict: 'reject',
    reason: expect.stringContaining('does not hold') as string,
  })
})

test('rubbish and damaged certificates are refused, not thrown', async () => {
  const signer = makeSigner()
  const key = signer.publicKey
  const good = new X509Certificate((await createNodeCertificate(signer)).cert).raw
  for (let length = 0; length < good.length; length++) {
    expect(verifyPeerCertificate(good.subarray(0, length), [key]).verdict).toBe('reject')
  }
  for (let at = 0; at < good.length; at++) {
    const damaged = Buffer.from(good)
    damaged[at] = (damaged[at] ?? 0) ^ 0xff
    verifyPeerCertificate(damaged, [key])
  }
  expect(verifyPeerCertificate(new Uint8Array(0), [key])).toMatchObject({ verdict: 'reject' })
  expect(verifyPeerCertificate(new Uint8Array(500).fill(0x30), [key])).toMatchObject({
    verdict: 'reject',
  })
  expect(encodeKeyExtension(new Uint8Array(32), new Uint8Array(64))).toHaveLength(102)
})
