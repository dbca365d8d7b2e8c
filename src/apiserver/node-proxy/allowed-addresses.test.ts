import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayProxyTo } from './allowed-addresses.ts'

const closed = [
  ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '169.254.169.254', '224.0.0.1', '255.255.255.255'],
  ...[
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::169.254.169.254',
  ],
]
const open = ['10.244.0.5', '192.168.1.1', '8.8.8.8', '2001:db8::1', 'fd00::1', '::ffff:10.0.0.1']

test('mayProxyTo keeps to addresses of others, in every spelling', () => {
  for (const address of closed) assert.equal(mayProxyTo(address), false, address)
  for (const address of open) assert.equal(mayProxyTo(address), true, address)
  assert.equal(mayProxyTo('127.0.0.1', ['127.0.0.0/8']), true)
  assert.equal(mayProxyTo('169.254.169.254', ['127.0.0.0/8']), false)
})
