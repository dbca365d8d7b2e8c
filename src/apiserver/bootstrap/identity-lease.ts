/** The Lease by which others see which API servers run (https://kubernetes.io/docs/concepts/architecture/leases/#api-server-identity). */
import { createHash } from 'node:crypto'
import { coordinationV1 } from '../../api/resources.ts'
import type { Lease } from '../../api/types/coordination/v1.ts'
import { type CancelTimer, rfc3339Micro } from '../../platform/clock.ts'
import type { Gates } from '../scheme/feature-gates.ts'
import { objectKey } from '../scheme/served.ts'
import { ensureObjects, type KeeperParts, type Wanted } from './ensure.ts'

export interface IdentityLeaseParts extends KeeperParts {
  hostName: string
  /** Where other API servers reach this one. */
  address: string
  port: number
  gates: Gates | undefined
}

/** Source: KEP-4020, by which servers of several versions pass requests on to each other. */
const addressAnnotation = 'kubernetes.io/peer-advertise-address'
const identityLabel = 'apiserver.kubernetes.io/identity'
const namespace = 'kube-system'
const leaseDurationSeconds = 3600
const renewPeriodMs = 10_000

export class IdentityLease {
  readonly #parts: IdentityLeaseParts
  readonly #holder: string
  #cancel: CancelTimer | undefined
  #running: Promise<unknown> = Promise.resolve()

  constructor(parts: IdentityLeaseParts) {
    this.#parts = parts
    this.#holder = `${serverIdentity(parts.hostName)}_${parts.random.uuid()}`
  }

  /** Resolves when the lease stands and those of servers long gone are removed. */
  async start(): Promise<void> {
    await ensureObjects(this.#parts, [this.#lease()])
    await removeExpired(this.#parts)
    this.#cancel = this.#parts.clock.every(renewPeriodMs, () => {
      this.#running = ensureObjects(this.#parts, [this.#lease()]).catch((error: unknown) => {
        this.#parts.log.warn('the identity lease was not renewed', { error: String(error) })
      })
    })
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    await this.#running
  }

  #lease(): Wanted {
    const { hostName, clock, address, port, gates } = this.#parts
    const location = `${address.includes(':') ? `[${address}]` : address}:${port}`
    const isTold = gates?.get('UnknownVersionInteroperabilityProxy') !== false
    const annotations = isTold ? { [addressAnnotation]: location } : undefined
    const renewTime = rfc3339Micro(clock.nowMs())
    const labels = { [identityLabel]: 'kube-apiserver', 'kubernetes.io/hostname': hostName }
    const object: Lease = {
      metadata: { name: serverIdentity(hostName), namespace, labels, ...(annotations ? { annotations } : {}) },
      spec: { holderIdentity: this.#holder, leaseDurationSeconds, renewTime },
    }
    return {
      resource: coordinationV1.leases,
      object,
      reconcile: ({ metadata, ...present }) => {
        const merged = { ...metadata, labels: { ...metadata.labels, ...labels } }
        if (annotations) merged.annotations = { ...metadata.annotations, ...annotations }
        return { ...present, metadata: merged, spec: object.spec } as Lease
      },
    }
  }
}

/** `apiserver-` and 26 letters that are the same for each start on this host. */
export function serverIdentity(hostName: string): string {
  const digest = createHash('sha256').update(hostName).digest().subarray(0, 16)
  return `apiserver-${base32(digest)}`
}

async function removeExpired({ store, objects, scheme, clock }: IdentityLeaseParts): Promise<void> {
  const served = scheme.of(coordinationV1.leases)
  for (const { metadata, spec } of await objects.list(coordinationV1.leases, namespace)) {
    if (metadata.labels?.[identityLabel] !== 'kube-apiserver') continue
    const endsMs = Date.parse(spec?.renewTime ?? '') + (spec?.leaseDurationSeconds ?? 0) * 1000
    if (!(endsMs < clock.nowMs())) continue
    const key = objectKey(served, namespace, metadata.name ?? '')
    await store.commit([{ op: 'delete', key, expected: Number(metadata.resourceVersion) }])
  }
}

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups.map((group) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(group.padEnd(5, '0'), 2)]).join('')
}
