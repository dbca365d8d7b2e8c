/**
 * Takes API servers that are gone out of StorageVersions. Behind the gates APIServerIdentity and StorageVersionAPI; our
 * own API server keeps no StorageVersions, so that there is work beside another one alone.
 */
import type { Resource } from '../../api/meta.ts'
import { coordinationV1 } from '../../api/resources.ts'
import type { Lease } from '../../api/types/coordination/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { planStorageVersion, type StorageVersion } from './plan.ts'

const namespace = 'kube-system'

export const storageVersionResource: Resource<StorageVersion> = {
  group: 'internal.apiserver.k8s.io',
  version: 'v1alpha1',
  plural: 'storageversions',
  singular: 'storageversion',
  kind: 'StorageVersion',
  namespaced: false,
}

export function storageVersionGarbageCollector({ client, informers, clock }: ControllerParts): Controller {
  const versions = informers.of(storageVersionResource)
  const leases = informers.of(coordinationV1.leases, { namespace })
  return {
    name: 'storageversion-garbage-collector',
    workers: 1,
    sources: [
      source(versions, ({ object }) => [object.metadata.name ?? '']),
      source(leases, ({ type, object }) => {
        if (type !== 'deleted' || !isIdentity(object)) return []
        return versions.list().map(({ metadata }) => metadata.name ?? '')
      }),
    ],
    async reconcile(name) {
      const version = versions.get(name)
      if (!version) return done
      const servers = new Set<string>()
      // A server that has just come may not be in the cache yet.
      for (const { apiServerID } of version.status?.storageVersions ?? []) {
        const lease = await ifThere(client.of(coordinationV1.leases, namespace).get(apiServerID))
        if (lease && isIdentity(lease)) servers.add(apiServerID)
      }
      const plan = planStorageVersion(version, (id) => servers.has(id), rfc3339(clock.nowMs()))
      const api = client.of(storageVersionResource)
      if (plan?.kind === 'remove') await ifThere(api.delete(name))
      if (plan?.kind === 'update') await ifThere(api.updateStatus({ ...version, status: plan.status }))
      return done
    },
  }
}

function isIdentity({ metadata }: Lease): boolean {
  return metadata.labels?.['apiserver.kubernetes.io/identity'] === 'kube-apiserver'
}
