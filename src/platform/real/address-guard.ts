/**
 * Holds a request to addresses that its sender allows. A name is resolved once, all its addresses are looked at, and the
 * connection goes to one of these: between check and use there is no second answer (CVE-2020-8562).
 */
import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { AddressRefusedError } from '../net.ts'

/** For `http.request`. Throws when the URL names a refused address. */
export function guardedLookup(
  url: string,
  allow: (address: string) => boolean,
  resolve = lookup,
): LookupFunction | undefined {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) {
    if (!allow(host)) throw new AddressRefusedError()
    return undefined
  }
  return (name, options, done) => {
    resolve(name, { ...options, all: true }, (error, found) => {
      if (error) return done(error, [])
      if (!found.every(({ address }) => allow(address))) return done(new AddressRefusedError(), [])
      return options.all ? done(null, found) : answer(found[0], done)
    })
  }
}

function answer(found: LookupAddress | undefined, done: Parameters<LookupFunction>[2]): void {
  if (found) done(null, found.address, found.family)
  else done(Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' }), [])
}
