/** A Service of all workloads' pods, and what its Endpoints and EndpointSlices have to show of them at the end. */
import type { KubeObject } from '../../../src/api/meta.ts'
import { coreV1, discoveryV1 } from '../../../src/api/resources.ts'
import type { Pod } from '../../../src/api/types/core/v1.ts'
import type { Client } from '../../../src/client/client.ts'
import { isReady } from './checks.ts'

const namespace = 'default'
const name = 'all'

/** Every pod that a workload of a program makes has it. */
export const serviceLabels = { served: 'yes' }

export const allPods = {
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } },
  spec: { selector: serviceLabels, ports: [{ port: 80 }] },
} as KubeObject

/** Ready pods are led to, all others that run are known, and nothing else is, by either kind. */
export async function wrongEndpoints(client: Client, pods: readonly Pod[]): Promise<string[]> {
  const running = pods.filter(({ metadata, status }) => {
    const isServed = metadata.labels?.served === 'yes' && !metadata.deletionTimestamp
    return isServed && status?.podIP && status.phase !== 'Succeeded' && status.phase !== 'Failed'
  })
  const wanted = running.map((pod) => `${pod.metadata.name} ${isReady(pod)}`)
  const { subsets = [] } = await client.of(coreV1.endpoints, namespace).get(name)
  const listed = subsets.flatMap(({ addresses = [], notReadyAddresses = [] }) => [
    ...addresses.map(({ targetRef }) => `${targetRef?.name} true`),
    ...notReadyAddresses.map(({ targetRef }) => `${targetRef?.name} false`),
  ])
  const slices = (await client.of(discoveryV1.endpointSlices, namespace).list()).items
  const sliced = slices
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => !conditions?.terminating)
    .map(({ targetRef, conditions }) => `${targetRef?.name} ${conditions?.ready}`)
  return [...differing('Endpoints', listed, wanted), ...differing('EndpointSlices', sliced, wanted)]
}

function differing(kind: string, shown: string[], wanted: string[]): string[] {
  const [one, other] = [shown, wanted].map((list) => [...list].sort().join(', '))
  return one === other ? [] : [`${kind} show [${one}] of [${other}]`]
}
