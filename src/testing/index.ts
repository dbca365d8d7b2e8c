/** What `k8ts/testing` exports: a cluster inside a test, with time, nodes and faults under its control. */
export { ApiError } from '../api/errors.ts'
export type { KubeList, KubeObject, Resource } from '../api/meta.ts'
export * from '../api/resources.ts'
export { type AdmissionPlugin, forbid, isFor } from '../apiserver/admission/plugin.ts'
export type { AdmissionAttributes } from '../apiserver/admission.ts'
export {
  type Controller,
  type ControllerParts,
  done,
  type KeyQueue,
  type Outcome,
  type Source,
  source,
} from '../client/controller.ts'
export { type CustomDefinition, type CustomObject, customResource } from '../client/custom.ts'
export {
  type ControllerDefinition,
  type DefinedController,
  defineController,
  type ReconcileContext,
  watching,
} from '../client/define-controller.ts'
export type { FluentClient, FluentResource } from '../client/fluent.ts'
export type { Change } from '../client/informer.ts'
export type { LiveInformer, LiveSelection } from '../client/live-informer.ts'
export type { NodeInfo } from '../scheduler/node-info.ts'
export {
  type FilterPlugin,
  filterBy,
  type ProfileOptions,
  type ScorePlugin,
  skip,
  unfit,
  unresolvable,
} from '../scheduler/plugins/plugin.ts'
export { NotSettledError } from './activity/quiet.ts'
export type { Applicable } from './apply.ts'
export { startCluster } from './cluster.ts'
export { controlPrefix } from './control/control.ts'
export type { CredentialFiles } from './endpoint.ts'
export type { Fault, FaultControl, FaultMatch, Refusal } from './faults/faults.ts'
export { check, type Denial, type KubeMatchers, type MatcherResult, matchers } from './matchers.ts'
export type { NodeSpec } from './nodes/node-object.ts'
export type { NodeControl } from './nodes/nodes.ts'
export {
  type ContainerUsage,
  type Delay,
  type ExecAnswer,
  type ExecCall,
  type HttpAnswer,
  type HttpCall,
  type PodMatch,
  type PodRule,
  type PodRuling,
  type PodRulings,
  parseRules,
  RuleError,
} from './nodes/rules.ts'
export type { ClusterOptions } from './options.ts'
export type { SettleOptions, TestCluster } from './test-cluster.ts'
export type { Duration } from './time/duration.ts'
export type { TestClock } from './time/test-time.ts'
export { timelinePage } from './timeline/page.ts'
export type { Timeline, TimelineEntry } from './timeline/timeline.ts'
export { type AdmissionAnswer, type AdmissionRequest, serveWebhook, type TestWebhook } from './webhook.ts'
export { type FileCluster, type Hooks, useCluster, type WithClusterOptions, withCluster } from './with-cluster.ts'
