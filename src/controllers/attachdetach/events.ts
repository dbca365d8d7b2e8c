/** What pods are told of their volumes on the way to a node, in upstream's words. */
import { coreV1 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { ControllerParts } from '../../client/controller.ts'

export class AttachEvents {
  readonly #events
  /** What was last said to a pod about a volume: saying it again would only be another write. */
  readonly #said = new Map<string, string>()

  constructor({ events }: Pick<ControllerParts, 'events'>) {
    this.#events = events.as('attachdetach-controller')
  }

  /** `others`: pods that use the volume where it is. */
  blocked(volumeName: string, pods: readonly Pod[], others: readonly Pod[]): void {
    for (const pod of pods) {
      const text = `Multi-Attach error for volume "${volumeName}" ${usersText(pod, others)}`
      this.#say(pod, volumeName, 'Warning', 'FailedAttachVolume', text)
    }
  }

  failed(volumeName: string, pods: readonly Pod[], error: string): void {
    const text = `AttachVolume.Attach failed for volume "${volumeName}" : ${error}`
    for (const pod of pods) this.#say(pod, volumeName, 'Warning', 'FailedAttachVolume', text)
  }

  attached(volumeName: string, pods: readonly Pod[]): void {
    const text = `AttachVolume.Attach succeeded for volume "${volumeName}" `
    for (const pod of pods) this.#say(pod, volumeName, 'Normal', 'SuccessfulAttachVolume', text)
  }

  forget({ metadata }: Pod): void {
    for (const key of this.#said.keys()) if (key.startsWith(`${metadata.uid} `)) this.#said.delete(key)
  }

  #say(object: Pod, volumeName: string, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const key = `${object.metadata.uid} ${volumeName}`
    if (this.#said.get(key) === message) return
    this.#said.set(key, message)
    this.#events.event({ resource: coreV1.pods, object }, type, reason, message)
  }
}

/** Pods of other namespaces are counted, not named: their names are none of this pod's business. */
function usersText({ metadata: { namespace } }: Pod, others: readonly Pod[]): string {
  const names = others.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name)
  const strangers = others.length - names.length
  if (others.length === 0) return "Volume is already exclusively attached to one node and can't be attached to another"
  if (names.length === 0) return `Volume is already used by ${strangers} pod(s) in different namespaces`
  const also = strangers > 0 ? ` and ${strangers} pod(s) in different namespaces` : ''
  return `Volume is already used by pod(s) ${names.join(', ')}${also}`
}
