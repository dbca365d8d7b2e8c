/**
 * An attack test that cannot fail shows nothing. Each is therefore run twice: against the server as it is, where nothing
 * may come of it, and with the hole opened on purpose, where the same check must find that it succeeds.
 */
import assert from 'node:assert/strict'

/** @param succeeds whether the attack had success */
export async function holds<T>(
  succeeds: (target: T) => Promise<boolean>,
  { closed, opened }: { closed: T; opened: T },
): Promise<void> {
  assert.equal(await succeeds(closed), false, 'the attack succeeded')
  assert.equal(await succeeds(opened), true, 'the hole is open, and this test did not notice')
}
