/**
 * Replays what was done to the Go components (the folder named by K8TS_RECORDED_STATES, else
 * `../shared/recorded-states` beside the checkout) on our controllers and scheduler, with pods that behave as they did
 * there, and compares what is left: objects that controllers make or fill in, and their events.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { apiVersionOf, type KubeObject, type Resource } from '../../src/api/meta.ts'
import * as resources from '../../src/api/resources.ts'
import { appsV1, autoscalingV2, batchV1, coreV1, discoveryV1, policyV1 } from '../../src/api/resources.ts'
import type { Event, Pod } from '../../src/api/types/core/v1.ts'
import { comparable, type RecordedEvent, type State } from './comparable.ts'
import { namespace, type PodOutcome, startTestbed, type Testbed } from './testbed.ts'

const folder = process.env.K8TS_RECORDED_STATES ?? new URL('../../../shared/recorded-states', import.meta.url).pathname

interface Scenario extends State {
  scenario: string
  steps: ({ create: KubeObject } | { patch: string; with: object } | { waitSeconds: number })[]
}

const kinds: readonly Resource[] = [
  appsV1.deployments,
  appsV1.replicaSets,
  appsV1.statefulSets,
  appsV1.daemonSets,
  appsV1.controllerRevisions,
  autoscalingV2.horizontalPodAutoscalers,
  batchV1.jobs,
  batchV1.cronJobs,
  coreV1.pods,
  coreV1.endpoints,
  coreV1.persistentVolumeClaims,
  coreV1.resourceQuotas,
  coreV1.serviceAccounts,
  coreV1.services,
  discoveryV1.endpointSlices,
  policyV1.podDisruptionBudgets,
] as unknown as Resource[]

/** What a scenario shows that is not ours to show here: the kinds to compare instead of all. */
const limitedTo: Readonly<Record<string, { kinds: string[]; why: string }>> = {
  '21': { kinds: ['PodDisruptionBudget'], why: 'was recorded before the Deployment had settled' },
}

main()

function main(): void {
  if (!existsSync(folder)) {
    test('controllers leave what was recorded', { skip: `SKIPPED: no recorded states at ${folder}` }, () => {})
    return
  }
  const files = readdirSync(folder).filter((name) => /^(0\d|1\d|2[0137])-.*\.json$/.test(name))
  for (const file of files.sort()) {
    const limit = limitedTo[file.slice(0, 2)]
    const skip = limit?.kinds.length === 0 ? { skip: `SKIPPED: ${limit.why}` } : {}
    test(`controllers leave what was recorded in ${file}`, skip, () => replay(file, limit?.kinds))
  }
}

async function replay(file: string, only: readonly string[] | undefined): Promise<void> {
  const text = readFileSync(join(folder, file), 'utf8').replaceAll('{{ns}}', namespace)
  const scenario = JSON.parse(text) as Scenario
  await using bed = await startTestbed({ admission: true, usageMetrics: false })
  let pods = 0
  bed.behave = (pod) => outcomeFor(pod, scenario, pods++)
  for (const step of scenario.steps) await take(bed, step)
  assert.ok(scenario.objects.length > 0, 'the recording has no objects')
  const known = new Set(kinds.map(({ kind }) => kind).filter((kind) => only === undefined || only.includes(kind)))
  const found = comparable(await stateOf(bed), known)
  const recorded = comparable(scenario, known)
  assert.deepEqual(found.objects, recorded.objects)
  if (only === undefined) assert.deepEqual(found.events, recorded.events)
}

async function take(bed: Testbed, step: Scenario['steps'][number]): Promise<void> {
  if ('waitSeconds' in step) return bed.advance(step.waitSeconds * 1000)
  if ('create' in step) {
    await bed.create(resourceOf(step.create.kind ?? '', step.create.apiVersion), step.create)
    // As long as a client needs from one request to the next.
    return bed.advance(1)
  }
  const [kind = '', name = ''] = step.patch.split('/')
  await bed.client.of(resourceOf(kind), namespace).patch(name, { type: 'strategic', patch: step.with })
}

function resourceOf(kind: string, apiVersion?: string): Resource {
  const all = Object.values(resources).flatMap((group) => Object.values(group) as Resource[])
  const found = all.find(
    (resource) =>
      resource.kind === kind &&
      (apiVersion === undefined ? !resource.version.includes('beta') : apiVersionOf(resource) === apiVersion),
  )
  assert.ok(found, `no resource of kind ${kind}`)
  return found
}

/**
 * What the recorded command made of the container. Where one pod decides before the others (the success policy) or was
 * the only one to start (the disruption budget), the others go on or wait.
 */
function outcomeFor(pod: Pod, { scenario }: Scenario, earlier: number): PodOutcome {
  const [container] = pod.spec?.containers ?? []
  if (scenario.startsWith('disruption budget') && earlier > 0) return 'pending'
  if (container?.image?.startsWith('localhost:1/')) return 'pending'
  if (container?.readinessProbe) return 'unready'
  const index = pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '0'
  const exit = /^exit (\d+)$/.exec(container?.command?.at(-1) ?? '')
  if (!exit || index !== '0') return 'ready'
  return exit[1] === '0' ? 'succeeded' : { failed: Number(exit[1]) }
}

async function stateOf(bed: Testbed): Promise<State> {
  await bed.settle()
  const objects: KubeObject[] = []
  for (const resource of kinds) {
    const { items } = await bed.client.of(resource, namespace).list()
    objects.push(...items.map((item) => ({ ...item, kind: resource.kind })))
  }
  const { items } = await bed.client.of(coreV1.events, namespace).list()
  return { objects, events: items.map(recordedEvent) }
}

function recordedEvent({
  involvedObject,
  type = '',
  reason = '',
  message = '',
  source,
  reportingComponent = '',
}: Event): RecordedEvent {
  const object = `${involvedObject.kind}/${involvedObject.name}`
  return { object, type, reason, message, component: source?.component || reportingComponent }
}
