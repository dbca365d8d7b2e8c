/**
 * The provisioner of `k8ts.dev/local-path`: gives a claim a directory on the node that its pod was given, and has it
 * removed afterwards. The node's agent makes the directory when it is first mounted, and removes it when asked here.
 */

import { localPath } from '../../api/local-path.ts'
import { keyOf } from '../../api/meta.ts'
import { coreV1, storageV1 } from '../../api/resources.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import { claimClassName, volumeAnnotations } from '../../api/volume-binding.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import { ifNew, ifThere } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import { isToBeRemoved, planProvision } from './plan.ts'

export function localPathProvisioner(parts: ControllerParts): Controller {
  const provisioner = new Provisioner(parts)
  return {
    name: 'local-path-provisioner',
    sources: [
      source(provisioner.claims, ({ object }) => (isOurs(object) ? [`claim ${keyOf(object)}`] : [])),
      source(provisioner.volumes, ({ object }) => (isOurVolume(object) ? [`volume ${object.metadata.name}`] : [])),
      // Directories of a node that is gone are gone with it.
      source(provisioner.nodes, ({ type, object }) => (type === 'deleted' ? provisioner.keysOfNode(object) : [])),
    ],
    async reconcile(key) {
      const [kind, name = ''] = key.split(' ')
      return kind === 'claim' ? await provisioner.provision(name) : await provisioner.remove(name)
    },
  }
}

class Provisioner {
  readonly claims: Informer<PersistentVolumeClaim>
  readonly volumes: Informer<PersistentVolume>
  readonly nodes: Informer<Node>
  readonly #classes
  readonly #client
  readonly #events: EventRecorder

  constructor({ informers, client, events }: ControllerParts) {
    this.claims = informers.of(coreV1.persistentVolumeClaims)
    this.volumes = informers.of(coreV1.persistentVolumes)
    this.nodes = informers.of(coreV1.nodes)
    this.#classes = informers.of(storageV1.storageClasses)
    this.#client = client
    this.#events = events.as(localPath.provisioner)
  }

  keysOfNode({ metadata }: Node): string[] {
    return this.volumes
      .list()
      .filter(
        (volume) => isOurVolume(volume) && volume.metadata.annotations?.[localPath.nodeAnnotation] === metadata.name,
      )
      .map((volume) => `volume ${volume.metadata.name}`)
  }

  async provision(key: string): Promise<Outcome> {
    const claim = this.claims.get(key)
    if (!claim || claim.spec?.volumeName || claim.metadata.deletionTimestamp) return done
    const storageClass = this.#classes.get(claimClassName(claim))
    if (storageClass?.provisioner !== localPath.provisioner) return done
    if (this.volumes.get(`pvc-${claim.metadata.uid}`)) return done
    const say = this.#sayer(claim)
    const failed = `failed to provision volume with StorageClass "${storageClass.metadata.name}": `
    const nodeName = claim.metadata.annotations?.[volumeAnnotations.selectedNode]
    if (!nodeName) {
      const message = `${failed}no node is selected: the class has to have volumeBindingMode WaitForFirstConsumer`
      say('Warning', 'ProvisioningFailed', message)
      return { kind: 'terminal', message }
    }
    const node = this.nodes.get(nodeName)
    const plan = node
      ? planProvision(claim, storageClass, node)
      : ({ kind: 'refuse', message: `node "${nodeName}" not found` } as const)
    if (plan.kind === 'refuse') {
      say('Warning', 'ProvisioningFailed', failed + plan.message)
      // The scheduler looks for a place again.
      await this.#deselect(claim)
      return { kind: 'terminal', message: plan.message }
    }
    say('Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${key}"`)
    await ifNew(this.#client.of(coreV1.persistentVolumes).create(plan.volume))
    say('Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${plan.volume.metadata.name}`)
    return done
  }

  async remove(name: string): Promise<Outcome> {
    const volume = this.volumes.get(name)
    if (!volume) return done
    const finalizers = volume.metadata.finalizers ?? []
    if (!finalizers.includes(localPath.finalizer)) return done
    const kept = volume.spec?.persistentVolumeReclaimPolicy === 'Retain'
    const ending = volume.metadata.deletionTimestamp !== undefined
    if (ending && kept) return await this.#release(volume, finalizers)
    if (!isToBeRemoved(volume)) return done
    try {
      await this.#removeDirectory(volume)
    } catch (error) {
      const about = { resource: coreV1.persistentVolumes, object: volume }
      this.#events.event(about, 'Warning', 'VolumeFailedDelete', messageOf(error))
      return { kind: 'retry', error }
    }
    const { uid } = volume.metadata
    if (!ending) {
      const preconditions = uid ? { preconditions: { uid } } : {}
      await ifThere(this.#client.of(coreV1.persistentVolumes).delete(name, preconditions))
    }
    return await this.#release(volume, finalizers)
  }

  async #removeDirectory({ metadata }: PersistentVolume): Promise<void> {
    const nodeName = metadata.annotations?.[localPath.nodeAnnotation] ?? ''
    const node = this.nodes.get(nodeName)
    if (node?.metadata.annotations?.[localPath.directoryAnnotation] === undefined) return
    const path = `/api/v1/nodes/${encodeURIComponent(nodeName)}/proxy/${localPath.agentPath}/${metadata.name}`
    await this.#client.raw('DELETE', path)
  }

  async #release({ metadata }: PersistentVolume, finalizers: readonly string[]): Promise<Outcome> {
    const { name = '', uid } = metadata
    const left = finalizers.filter((one) => one !== localPath.finalizer)
    // What stands in the list may have changed since: only our own entry is taken out.
    const index = finalizers.indexOf(localPath.finalizer)
    const operations = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: `/metadata/finalizers/${index}`, value: localPath.finalizer },
      left.length === 0
        ? { op: 'remove', path: '/metadata/finalizers' }
        : { op: 'remove', path: `/metadata/finalizers/${index}` },
    ]
    await ifThere(this.#client.of(coreV1.persistentVolumes).patch(name, { type: 'json', operations }))
    return done
  }

  async #deselect({ metadata }: PersistentVolumeClaim): Promise<void> {
    const { name = '', namespace, uid, resourceVersion } = metadata
    const annotations = { [volumeAnnotations.selectedNode]: null }
    const patch = { metadata: { uid, resourceVersion, annotations } }
    await ifThere(this.#client.of(coreV1.persistentVolumeClaims, namespace).patch(name, { type: 'merge', patch }))
  }

  #sayer(claim: PersistentVolumeClaim) {
    return (type: 'Normal' | 'Warning', reason: string, message: string): void =>
      this.#events.event({ resource: coreV1.persistentVolumeClaims, object: claim }, type, reason, message)
  }
}

function isOurs({ metadata }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[volumeAnnotations.storageProvisioner] === localPath.provisioner
}

function isOurVolume({ metadata }: PersistentVolume): boolean {
  return metadata.annotations?.[volumeAnnotations.provisionedBy] === localPath.provisioner
}
