/** Tells pods that would keep each other from a volume. Runs only where `--controllers` names it. */
import { keyOf } from '../../api/meta.ts'
import { coreV1, storageV1 } from '../../api/resources.ts'
import type { Pod, Volume } from '../../api/types/core/v1.ts'
import { claimNameOf } from '../../api/volume-binding.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { boundVolume, byClaim, indexByClaim } from '../pod-volumes.ts'
import { isFinished } from '../pods.ts'
import { sameJson } from '../same-json.ts'
import { type Conflict, conflictsOf, mayMountWithLabel, messageOf, type Usage, usageOf } from './plan.ts'

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
    indexByClaim(this.pods)
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
    else for (const volume of pod.spec?.volumes ?? []) this.#look(pod, volume)
    return done
  }

  #look(pod: Pod, podVolume: Volume): void {
    const claimName = claimNameOf(pod, podVolume)
    if (claimName === undefined) return
    const volume = boundVolume(this.claims.get(`${pod.metadata.namespace}/${claimName}`), this.volumes)
    if (!volume) return
    const volumeName = podVolume.name
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
    const key = keyOf(pod)
    if (sameJson(users.get(key), use.usage)) return
    users.delete(key)
    for (const conflict of conflictsOf(use.usage, users.values())) this.#tell(conflict)
    users.set(key, use.usage)
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
}

function conflictsAmong(users: ReadonlyMap<string, Usage>): Conflict[] {
  const all = [...users.values()]
  return all.flatMap((usage, index) => conflictsOf(usage, all.slice(index + 1)))
}

function labelsOf({ property, pod, value, other, otherValue }: Conflict): string[] {
  return [property, pod.namespace, pod.name, value, other.namespace, other.name, otherValue]
}
