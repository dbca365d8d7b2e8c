import assert from 'node:assert/strict'
import { test } from 'node:test'
import { featureGates, readFeatureGates } from './feature-gates.ts'
import { gatesInUse, idleGates } from './gates-in-use.ts'

test('gates have the state of kube-apiserver 1.36, and words change it', () => {
  assert.equal(featureGates.size, 240)
  const gates = readFeatureGates(['ContainerStopSignals=true', 'kube:EnvFiles=F', 'AllBeta=false', 'AllBeta=true'])
  assert.equal(gates.get('ContainerStopSignals'), true)
  assert.equal(gates.get('EnvFiles'), false, 'a gate by its name wins over AllBeta')
  assert.equal(gates.get('MaxUnavailableStatefulSet'), true)
  assert.equal(gates.get('HPAScaleToZero'), false)
  assert.deepEqual(featureGates.get('ImageVolume'), { stage: 'GA', default: true, locked: true })
})

test('words that kube-apiserver refuses are refused in its words', () => {
  const refused: [string[], string][] = [
    [['Nope=true'], 'unrecognized feature gate: Nope'],
    [['SidecarContainers=false'], 'cannot set feature gate SidecarContainers to false, feature is locked to true'],
    [['Foo'], 'missing bool value for Foo'],
    [['EnvFiles=x'], 'invalid value of EnvFiles=x, err: strconv.ParseBool: parsing "x": invalid syntax'],
    [['other:EnvFiles=true'], 'component not registered: other'],
    [
      ['ClusterTrustBundleProjection=true'],
      'ClusterTrustBundleProjection is enabled, but depends on features that are disabled: [ClusterTrustBundle]',
    ],
  ]
  for (const [words, message] of refused) {
    assert.throws(() => readFeatureGates(words), { name: 'ApiConfigError', message })
  }
  assert.ok(readFeatureGates(['ImageVolume=true', 'ClusterTrustBundleProjection=true', 'ClusterTrustBundle=true']))
})

test('every gate that a field or a resource names exists and can be closed', () => {
  const used = gatesInUse()
  assert.ok(used.size > 30)
  for (const name of used) assert.equal(featureGates.get(name)?.locked, false, name)
})

test('gates that change nothing here are told from those that do', () => {
  assert.deepEqual(idleGates(readFeatureGates([])), [])
  assert.deepEqual(idleGates(readFeatureGates(['ContainerStopSignals=true', 'CBORServingAndStorage=true'])), [
    'CBORServingAndStorage',
  ])
})
