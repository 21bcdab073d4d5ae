import { expect, test } from 'vitest'
import {
  argumentsForRestart,
  OptionError,
  parseCommandLine,
  parseListen,
  parsePeer,
  parseSize,
} from './options.ts'

test('reads every option of the design', () => {
  const { options } = parseCommandLine([
    '--data-dir',
    '/d',
    '--server-name',
    'hs1',
    '--client-listen',
    '127.0.0.1:0',
    '--federation-listen',
    '[::]:8448',
    '--tls-cert',
    'c',
    '--tls-key',
    'k',
    '--tls-ca',
    'a',
    '--tls-ca',
    'b',
    '--insecure-skip-tls-verify',
    '--peer',
    '127.0.0.1:1=127.0.0.1:2',
    '--no-mdns',
    '--interface',
    'eth0',
    '--interface',
    'Ethernet 2',
    '--registration',
    'open',
    '--allow-domain',
    '*.org',
    '--deny-domain',
    'evil.*',
    '--allow-private-addresses',
    '--max-upload-size',
    '2G',
    '--well-known-server',
    'hearth.example.org:443',
    '--well-known-client',
    'https://hearth.example.org',
    '--trusted-key-server',
    'example.net',
    '--registration-shared-secret',
    's',
    '--no-rate-limits',
    '--restore-identity',
    'backup.json',
  ])
  expect(options).toEqual({
    data_dir: '/d',
    server_name: 'hs1',
    client_listen: '127.0.0.1:0',
    federation_listen: '[::]:8448',
    tls_cert: 'c',
    tls_key: 'k',
    tls_ca: ['a', 'b'],
    insecure_skip_tls_verify: true,
    peer: ['127.0.0.1:1=127.0.0.1:2'],
    no_mdns: true,
    interface: ['eth0', 'Ethernet 2'],
    registration: 'open',
    allow_domain: ['*.org'],
    deny_domain: ['evil.*'],
    allow_private_addresses: true,
    max_upload_size: '2G',
    well_known_server: 'hearth.example.org:443',
    well_known_client: 'https://hearth.example.org',
    trusted_key_server: ['example.net'],
    registration_shared_secret: 's',
    no_rate_limits: true,
    restore_identity: 'backup.json',
  })
})

test.each([
  [['--registration', 'sometimes'], '--registration must be open, token or closed'],
  [['--client-listen', 'nowhere'], '--client-listen must be an address and a port'],
  [['--client-listen', '1.2.3.4:99999'], '--client-listen must be'],
  [['--peer', 'x'], '--peer must be'],
  [['--max-upload-size', 'big'], '--max-upload-size must be a size'],
  [['--well-known-server', 'https://x/'], '--well-known-server must be a server name'],
  [['--well-known-client', 'x.org'], '--well-known-client must be an address'],
  [['--interface', ' '], '--interface must be names of network interfaces such as eth0, not " "'],
  [['--interface', 'eth\n0'], '--interface must be names'],
  [Array.from({ length: 33 }, () => ['--interface', 'eth0']).flat(), '--interface has more than 32'],
  [['--trusted-key-server', 'a b'], '--trusted-key-server must be a server name'],
  [['--tls-cert', 'c'], 'belong together'],
  [['--colour', 'red'], '--colour'],
])('%j is refused with a sentence that names the option', (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(OptionError)
  expect(() => parseCommandLine(args)).toThrow(message)
})

test('addresses, peers and sizes', () => {
  expect(parseListen('[::1]:80', 'x')).toEqual({ host: '::1', port: 80 })
  expect(parseListen(':80', 'x')).toEqual({ host: '::', port: 80 })
  expect(parsePeer('a:1=[::1]:2', 'x')).toEqual({ serverName: 'a:1', address: '[::1]:2' })
  expect(parseSize('1.5K', 'x')).toBe(1536)
  expect(parseSize('10 MiB', 'x')).toBe(10 * 2 ** 20)
  expect(parseSize('unlimited', 'x')).toBeUndefined()
})

test('a restart does not restore again', () => {
  expect(argumentsForRestart(['--no-mdns', '--restore-identity', 'f', '--peer', 'a=b:1'])).toEqual([
    '--no-mdns',
    '--peer',
    'a=b:1',
  ])
  expect(argumentsForRestart(['--restore-identity=f', '--no-mdns'])).toEqual(['--no-mdns'])
})
