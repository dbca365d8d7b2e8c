/** Events about objects (core/v1 Event, or events.k8s.io/v1 where an action is told), counted instead of repeated, as client-go's recorder and correlator do. */
import type { KubeObject, Resource } from '../api/meta.ts'
import type { ObjectReference } from '../api/types/core/v1.ts'

/** What makes an event one of events.k8s.io, which has a time of its own and is repeated as a series. */
export interface EventAction {
  /** What was done or tried: `Binding`. */
  action: string
  /** A second object that has to do with it. */
  related?: ObjectReference
}

export interface EventRecorder {
  /** Fire and forget: an event that can't be written is logged and dropped, never thrown. */
  event(
    about: ObjectReference | { resource: Resource; object: KubeObject },
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    action?: EventAction,
  ): void
  /** A recorder with another source component, such as `kubelet` with its host. */
  as(component: string, host?: string): EventRecorder
}
