/** Events about objects (core/v1 Event), counted instead of repeated, as client-go's recorder and correlator do. */
import type { KubeObject, Resource } from '../api/meta.ts'
import type { ObjectReference } from '../api/types/core/v1.ts'

export interface EventRecorder {
  /** Fire and forget: an event that can't be written is logged and dropped, never thrown. */
  event(
    about: ObjectReference | { resource: Resource; object: KubeObject },
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void
  /** A recorder with another source component, such as `kubelet` with its host. */
  as(component: string, host?: string): EventRecorder
}
