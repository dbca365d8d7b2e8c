import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFlags } from '../apiserver/flags.ts'
import { configurationOf } from './configuration.ts'
import { type Component, componentFlags } from './flag-tables.ts'

type Tree = Readonly<Record<string, Readonly<Record<string, unknown>>>>

function configurationBy(component: Component, ...words: string[]): { name: string; tree: Tree } {
  const found = Object.entries(configurationOf(component, parseFlags(words, componentFlags(component))))
  const [[name, tree] = ['', {}]] = found
  assert.equal(found.length, 1)
  return { name, tree: tree as Tree }
}

/** Recorded from kube-controller-manager v1.36 without flags, but for what is said of our own ways. */
test('configurationOf shows the controller manager whole, with upstream’s defaults', () => {
  const { name, tree } = configurationBy('controller-manager', '--concurrent-gc-syncs=7', '--controllers=*,-ttl')
  assert.equal(name, 'kubecontrollermanager.config.k8s.io')
  assert.equal(Object.keys(tree).length, 33)
  assert.deepEqual(tree.Generic?.Controllers, ['*', '-ttl'])
  assert.deepEqual(tree.Generic?.LeaderElection, {
    leaderElect: true,
    leaseDuration: '15s',
    renewDeadline: '10s',
    retryPeriod: '2s',
    resourceLock: 'leases',
    resourceName: 'kube-controller-manager',
    resourceNamespace: 'kube-system',
  })
  assert.equal(tree.GarbageCollectorController?.ConcurrentGCSyncs, 7)
  assert.deepEqual(tree.HPAController, {
    ConcurrentHorizontalPodAutoscalerSyncs: 5,
    HorizontalPodAutoscalerSyncPeriod: '15s',
    HorizontalPodAutoscalerDownscaleStabilizationWindow: '5m0s',
    HorizontalPodAutoscalerTolerance: 0.1,
    HorizontalPodAutoscalerCPUInitializationPeriod: '5m0s',
    HorizontalPodAutoscalerInitialReadinessDelay: '30s',
  })
  assert.deepEqual(tree.NodeLifecycleController, {
    NodeEvictionRate: 0.1,
    SecondaryNodeEvictionRate: 0.01,
    NodeStartupGracePeriod: '1m0s',
    NodeMonitorGracePeriod: '50s',
    PodEvictionTimeout: '0s',
    LargeClusterSizeThreshold: 50,
    UnhealthyZoneThreshold: 0.55,
  })
})

test('configurationOf shows the scheduler with its plugins and their weights', () => {
  const { name, tree } = configurationBy('scheduler', '--leader-elect=false')
  assert.equal(name, 'componentconfig')
  assert.equal(tree.leaderElection?.leaderElect, false)
  const [profile] = tree.profiles as unknown as [
    { plugins: { multiPoint: { enabled: { name: string; weight: number }[] } } },
  ]
  const weighed = profile.plugins.multiPoint.enabled.filter(({ weight }) => weight > 0)
  assert.deepEqual(Object.fromEntries(weighed.map((one) => [one.name, one.weight])), {
    TaintToleration: 3,
    NodeAffinity: 2,
    NodeResourcesFit: 1,
    PodTopologySpread: 2,
    InterPodAffinity: 2,
    DynamicResources: 2,
    NodeResourcesBalancedAllocation: 1,
    ImageLocality: 1,
  })
})

test('configurationOf shows the cloud controller manager', () => {
  const { name, tree } = configurationBy('cloud-controller-manager', '--cloud-provider=local', '--cluster-name=c')
  assert.equal(name, 'cloudcontrollermanager.config.k8s.io')
  assert.deepEqual(tree.KubeCloudShared?.CloudProvider, { Name: 'local', CloudConfigFile: '' })
  assert.deepEqual([tree.KubeCloudShared?.ClusterName, tree.KubeCloudShared?.RouteReconciliationPeriod], ['c', '10s'])
  assert.equal(tree.NodeStatusUpdateFrequency, '5m0s')
})
