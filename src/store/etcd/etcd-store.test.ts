import { after, before } from 'node:test'
import { connectGrpc } from '../../platform/grpc.ts'
import { realClock } from '../../platform/real/clock.ts'
import { storeContract } from '../store.contract.ts'
import { openEtcdStore } from './etcd-store.ts'
import { type EtcdCluster, etcdVersion, startEtcd } from './testbed/etcd-server.ts'

const skip = etcdVersion === undefined ? 'etcd is not installed (script/prepare --tests)' : false
const clock = realClock()
const wallClock = { nowMs: clock.nowMs, monotonicMs: clock.monotonicMs, after: clock.after, sleep: clock.sleep }

let single: EtcdCluster
let three: EtcdCluster

before(async () => {
  if (skip) return
  ;[single, three] = await Promise.all([startEtcd(), startEtcd({ members: 3 })])
})
after(async () => {
  await single?.[Symbol.asyncDispose]()
  await three?.[Symbol.asyncDispose]()
})

for (const [name, cluster] of [
  ['etcdStore', () => single],
  ['etcdStore on three members', () => three],
] as const) {
  storeContract(
    name,
    async (options) => {
      // Compaction by the test's time, all else by the machine's.
      const mixed = { ...wallClock, every: options.clock.every }
      const store = await openEtcdStore({ ...options, endpoints: cluster().endpoints, clock: mixed, connectGrpc })
      await wipe(cluster())
      return store
    },
    { ownTime: true, byAgeOnly: true, skip },
  )
}

/** Revisions go on, keys are gone. */
async function wipe(cluster: EtcdCluster): Promise<void> {
  cluster.ctl('del', '', '--from-key')
}
