/** What `k8ts/client` exports: a typed client, informers and the controller kit, for any Kubernetes API server. */
export { ApiError } from '../api/errors.ts'
export type { KubeList, KubeObject, Resource } from '../api/meta.ts'
export * from '../api/resources.ts'
export type {
  Client,
  DeleteOptions,
  ListOptions,
  Patch,
  Reader,
  ResourceClient,
  StatusWriter,
  WatchEvent,
  Watcher,
  WatchOptions,
  WriteOptions,
  Writer,
} from './client.ts'
export { type ClientOptions, createClient } from './client-impl.ts'
export { type ConnectOptions, connect } from './connect.ts'
export {
  type Controller,
  type ControllerParts,
  done,
  type KeyQueue,
  type Outcome,
  type RunningController,
  type Source,
  source,
} from './controller.ts'
export { runController } from './controller-run.ts'
export { type CustomDefinition, type CustomObject, customResource, type FromSchema } from './custom.ts'
export {
  type ControllerDefinition,
  type DefinedController,
  defineController,
  type ReconcileContext,
  type Watching,
  watching,
} from './define-controller.ts'
export type { EventRecorder } from './events.ts'
export { createEventRecorder, type EventsOptions, type RunningEventRecorder } from './events-impl.ts'
export { type FluentClient, type FluentResource, fluent } from './fluent.ts'
export { type HttpTransportOptions, httpTransport } from './http-transport.ts'
export type { Change, Informer, Informers } from './informer.ts'
export { createInformers, type InformersOptions } from './informer-impl.ts'
export {
  accessOf,
  type ClusterAccess,
  type Kubeconfig,
  KubeconfigError,
  kubeconfigText,
  loadKubeconfig,
  parseKubeconfig,
} from './kubeconfig.ts'
export { type LeaderElectionOptions, runAsLeader } from './leader-election.ts'
export { type LiveInformer, type LiveInformers, type LiveSelection, liveInformers } from './live-informer.ts'
export type { Transport, TransportReply, TransportRequest } from './transport.ts'
export { TransportError } from './transport-error.ts'
export { WorkQueue } from './work-queue.ts'
