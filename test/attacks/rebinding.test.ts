/** A name that is an innocent address when it is looked at and another one when it is connected to (CVE-2020-8562). */
import { isIP, type LookupFunction } from 'node:net'
import { test } from 'node:test'
import { mayProxyTo } from '../../src/apiserver/node-proxy/allowed-addresses.ts'
import { guardedLookup } from '../../src/platform/real/address-guard.ts'
import { holds } from './opened.ts'

type Resolve = NonNullable<Parameters<typeof guardedLookup>[2]>
/** Where a connection to the name goes; throws when it goes nowhere. */
type Connect = (resolve: Resolve) => Promise<string>

/** A hostile name server: each question has another answer. */
function rebinding(): Resolve {
  let asked = 0
  const answers = ['192.0.2.1', '169.254.169.254']
  const resolve = (_name: string, _options: object, done: (error: null, found: object[]) => void) =>
    done(null, [{ address: answers[Math.min(asked++, 1)], family: 4 }])
  return resolve as never
}

const asked = (lookup: LookupFunction | undefined): Promise<string> =>
  new Promise((found, failed) =>
    lookup?.('evil.example', { all: false }, (error, address) => (error ? failed(error) : found(String(address)))),
  )

const guarded: Connect = (resolve) =>
  asked(guardedLookup('http://evil.example/', (address) => mayProxyTo(address), resolve))

/** The hole: it looks at one answer and connects to the next. */
const careless: Connect = async (resolve) => {
  const once = (): Promise<string> =>
    new Promise((found) =>
      resolve('evil.example', { all: true }, (_error: unknown, all: unknown) =>
        found((all as { address: string }[])[0]!.address),
      ),
    )
  if (!mayProxyTo(await once())) throw new Error('refused')
  return await once()
}

test('the address that was looked at is the one that is connected to', async () => {
  const succeeds = async (connect: Connect) => {
    const address = await connect(rebinding()).catch(() => '')
    return isIP(address) !== 0 && !mayProxyTo(address)
  }
  await holds(succeeds, { closed: guarded, opened: careless })
})
