import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupVersionInfos } from '../../api/schema/registry.ts'
import { enabledApis } from './enabled.ts'
import { gatedResources, readFeatureGates } from './feature-gates.ts'

/** `group/version/plural` of all that is served. */
function served(config: readonly string[], gates: readonly string[] = []): Set<string> {
  const enabled = enabledApis(config, readFeatureGates(gates))
  const all = groupVersionInfos().flatMap(({ served: stable, resources }) =>
    resources.filter(({ resource }) => enabled(resource, stable)).map(({ resource }) => resource),
  )
  return new Set(all.map(({ group, version, plural }) => `${group}/${version}/${plural}`))
}

test('enabledApis serves the stable versions by default, and all that have no closed gate with api/all', () => {
  const stable = served([])
  assert.ok(stable.has('apps/v1/deployments'))
  assert.deepEqual(
    [...stable].filter((name) => /alpha|beta/.test(name)),
    [],
  )
  const all = served(['api/all=true'], ['AllAlpha=true', 'AllBeta=true'])
  assert.equal(all.size, groupVersionInfos().flatMap(({ resources }) => resources).length)
  const open = served(['api/all=true'])
  assert.equal(open.has('scheduling.k8s.io/v1alpha2/workloads'), false)
  assert.ok(open.has('resource.k8s.io/v1beta2/devicetaintrules'))
  assert.ok(open.has('resource.k8s.io/v1alpha3/resourcepoolstatusrequests'))
  assert.ok(open.has('coordination.k8s.io/v1beta1/leasecandidates'))
})

test('enabledApis lets a resource win over its version, and a version over its level', () => {
  const beta = served(['api/beta=true', 'networking.k8s.io/v1beta1=false'])
  assert.ok(beta.has('storage.k8s.io/v1beta1/volumeattributesclasses'))
  assert.equal(beta.has('networking.k8s.io/v1beta1/ipaddresses'), false)
  const one = served(['networking.k8s.io/v1beta1=false', 'networking.k8s.io/v1beta1/ipaddresses'])
  assert.ok(one.has('networking.k8s.io/v1beta1/ipaddresses'))
  assert.equal(served(['apps/v1/daemonsets=false']).has('apps/v1/daemonsets'), false)
})

test('every resource that a gate names exists', () => {
  const known = new Set(
    groupVersionInfos().flatMap(({ resources }) =>
      resources.map(({ resource }) => `${resource.plural}.${resource.group}`),
    ),
  )
  for (const resources of Object.values(gatedResources)) for (const name of resources) assert.ok(known.has(name), name)
})

test('a gate opens what its version serves, and one setting wins over AllAlpha', () => {
  const config = ['scheduling.k8s.io/v1alpha2=true']
  assert.ok(served(config, ['GenericWorkload=true']).has('scheduling.k8s.io/v1alpha2/workloads'))
  const setting = ['StorageVersionMigrator=false', 'AllBeta=true']
  const migrations = 'storagemigration.k8s.io/v1beta1/storageversionmigrations'
  assert.ok(served(['api/all'], ['AllBeta=true']).has(migrations))
  assert.equal(served(['api/all'], setting).has(migrations), false)
})
