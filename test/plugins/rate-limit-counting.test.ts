import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientNetwork } from '#plugins/rate-limit/client-network.ts'
import { createMemoryStore } from '#plugins/rate-limit/memory-store.ts'

const networks: [string, string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
  ['192.0.2.1:40000', '192.0.2.1'],
  ['[2001:db8::1]:4000', '2001:db8:0:0::/64'],
  ['[2001:db8::1]', '2001:db8:0:0::/64'],
  ['[::ffff:192.0.2.1]:4000', '192.0.2.1'],
  ['192.0.2.1:', '192.0.2.1:'],
  ['not an address: at all', 'not an address: at all'],
]
for (const [address, network] of networks) {
  test(`${address} is counted as ${network}`, () => {
    assert.equal(clientNetwork(address), network)
  })
}

test('a flood from ever new addresses costs no memory, and who keeps asking is still counted', () => {
  const store = createMemoryStore(100)
  for (let at = 1; at <= 1_000; at++) {
    store.count(`flood ${at}`, 60_000, 0)
    assert.equal(store.count('steady', 60_000, 0).count, at)
  }
  assert.equal(store.size(), 100)
})
