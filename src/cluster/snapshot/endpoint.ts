/**
 * `GET /k8ts/snapshot`: the cluster's state from a running server, whose file nobody else can open. Like every path that
 * is no resource it is open to whom a rule allows it: administrators.
 */

import { textResponse } from '../../apiserver/http/status.ts'
import type { Extension } from '../../apiserver/nonresource/endpoints.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Store } from '../../store/store.ts'
import { writeSnapshot } from './format.ts'

export const snapshotPath = '/k8ts/snapshot'

/** `base`: the store below encryption, so that what is encrypted stays so. */
export function snapshotEndpoint(base: Store, clock: Clock): Extension {
  return {
    prefix: snapshotPath,
    async answer({ request }) {
      if (request.method !== 'GET') return textResponse(405, 'GET takes a snapshot\n')
      const headers = { 'content-type': 'application/gzip', 'cache-control': 'no-store' }
      return { status: 200, headers, body: writeSnapshot(base, rfc3339(clock.nowMs())) }
    },
  }
}
