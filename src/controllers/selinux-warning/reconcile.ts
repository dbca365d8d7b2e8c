/** Tells pods that would keep each other from a volume. Runs only where `--controllers` names it. */
import { keyOf } from '../../api/meta.ts'
import { coreV1, storageV1 } from '../../api/resources.ts'
import type { PersistentVolume, Pod } from '../../api/types/core/v1.ts'
import { isFullyBound } from '../../api/volume-binding.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { isFinished } from '../pods.ts'
import { type Conflict, conflictsOf, mayMountWithLabel, messageOf, type Usage, usageOf } from './plan.ts'

const byClaim = 'selinux-claim'

export interface SELinuxWarningOptions {
  /** Whether volumes of all access modes are mounted with labels, not those of one pod alone. Default false. */
  allModes?: boolean
}

export function seLinuxWarningController(parts: ControllerParts, options: SELinuxWarningOptions = {}): Controller {
  const warner = new Warner(parts, options)
  const { pods, claims, volumes, drivers } = warner
  const podsOf = (claimKey: string): string[] => pods.byIndex(byClaim, claimKey).map(keyOf)
  return {
    name: 'selinux-warning-controller',
    workers: 1,
    sources: [
      source(pods, (change) => {
        // A pod's volumes and labels never change, only whether it still runs.
        const same = change.type === 'updated' && change.previous.status?.phase === change.object.status?.phase
        return same ? [] : [keyOf(change.object)]
      }),
      source(claims, ({ object }) => (object.spec?.volumeName ? podsOf(keyOf(object)) : [])),
      source(volumes, ({ object }) => {
        const { namespace, name } = object.spec?.claimRef ?? {}
        return name ? podsOf(`${namespace}/${name}`) : []
      }),
      source(drivers, ({ object }) => warner.podsOfDriver(object.metadata.name ?? '')),
    ],
    reconcile: (key) => warner.reconcile(key),
  }
}

class Warner {
  readonly pods
  readonly claims
  readonly volumes
  readonly drivers
  readonly #events
  readonly #allModes: boolean
  /** Users of each PersistentVolume by the pods' keys. */
  readonly #users = new Map<string, Map<string, Usage>>()

  constructor({ informers, events, meters }: ControllerParts, { allModes = false }: SELinuxWarningOptions) {
    this.pods = informers.of(coreV1.pods)
    this.claims = informers.of(coreV1.persistentVolumeClaims)
    this.volumes = informers.of(coreV1.persistentVolumes)
    this.drivers = informers.of(storageV1.csiDrivers)
    this.#events = events.as('selinux_warning')
    this.#allModes = allModes
    this.pods.addIndex(byClaim, (pod) => claimsOf(pod).map(({ claim }) => `${pod.metadata.namespace}/${claim}`))
    meters?.gauge('selinux_warning_controller_selinux_volume_conflict', () =>
      [...this.#users.values()].flatMap(conflictsAmong).map((one) => [labelsOf(one), 1]),
    )
  }

  podsOfDriver(driver: string): string[] {
    return [...this.#users]
      .filter(([name]) => this.volumes.get(name)?.spec?.csi?.driver === driver)
      .flatMap(([, users]) => [...users.keys()])
  }

  async reconcile(key: string): Promise<Outcome> {
    const pod = this.pods.get(key)
    if (!pod || isFinished(pod)) this.#forget(key)
    else for (const { claim, volume } of claimsOf(pod)) this.#look(pod, volume, this.#volumeOf(pod, claim))
    return done
  }

  #look(pod: Pod, volumeName: string, volume: PersistentVolume | undefined): void {
    if (!volume) return
    const supports = this.drivers.get(volume.spec?.csi?.driver ?? '')?.spec.seLinuxMount === true
    const use = usageOf(pod, volumeName, mayMountWithLabel(volume, supports, this.#allModes))
    if (!use) return
    if (use.kind === 'multiple') {
      const message = `Volume "${volumeName}" is mounted twice with different SELinux labels inside this pod`
      this.#events.event({ resource: coreV1.pods, object: pod }, 'Warning', 'MultipleSELinuxLabels', message)
      return
    }
    const name = volume.metadata.name ?? ''
    const users = this.#users.get(name) ?? new Map<string, Usage>()
    this.#users.set(name, users)
    if (JSON.stringify(users.get(keyOf(pod))) === JSON.stringify(use.usage)) return
    users.set(keyOf(pod), use.usage)
    const others = [...users].filter(([key]) => key !== keyOf(pod)).map(([, usage]) => usage)
    for (const conflict of conflictsOf(use.usage, others)) this.#tell(conflict)
  }

  #tell(conflict: Conflict): void {
    const object = this.pods.get(`${conflict.pod.namespace}/${conflict.pod.name}`)
    if (!object) return
    const about = { resource: coreV1.pods, object }
    this.#events.event(about, 'Normal', `${conflict.property}Conflict`, messageOf(conflict))
  }

  #forget(key: string): void {
    for (const [name, users] of this.#users) {
      users.delete(key)
      if (users.size === 0) this.#users.delete(name)
    }
  }

  #volumeOf({ metadata }: Pod, claimName: string): PersistentVolume | undefined {
    const claim = this.claims.get(`${metadata.namespace}/${claimName}`)
    return claim && isFullyBound(claim) ? this.volumes.get(claim.spec?.volumeName ?? '') : undefined
  }
}

function conflictsAmong(users: ReadonlyMap<string, Usage>): Conflict[] {
  const all = [...users.values()]
  return all.flatMap((usage, index) => conflictsOf(usage, all.slice(index + 1)))
}

function labelsOf({ property, pod, value, other, otherValue }: Conflict): string[] {
  return [property, pod.namespace, pod.name, value, other.namespace, other.name, otherValue]
}

function claimsOf({ metadata, spec }: Pod): { volume: string; claim: string }[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    const claim = ephemeral ? `${metadata.name}-${name}` : persistentVolumeClaim?.claimName
    return claim === undefined ? [] : [{ volume: name, claim }]
  })
}
