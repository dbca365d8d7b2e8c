import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject, Resource } from '../../api/meta.ts'
import { coreV1, storageV1 } from '../../api/resources.ts'
import type { Volume } from '../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { DecidingAuthorizer } from '../authorization/decision.ts'
import { MemoryObjects } from '../testbed/memory-objects.ts'
import { checkNodeToken } from './node-tokens.ts'

const user = { name: 'system:node:n1', groups: ['system:nodes'], extra: {} }
/** Nodes may have the audience `granted` for the account `sa`. */
const authorizer: DecidingAuthorizer = {
  decide: ({ verb, resource, name }) =>
    verb === 'request-serviceaccounts-token-audience' && resource === 'granted' && name === 'sa'
      ? { kind: 'allow', reason: '' }
      : { kind: 'noOpinion', reason: '' },
}

/** What is answered to a node that wants a token of a pod with these volumes. */
function asking(volumes: Volume[], nodeName = 'n1', objects = new MemoryObjects()) {
  const metadata = { name: 'p', namespace: 'a', uid: 'u' }
  const spec = { nodeName, containers: [], volumes }
  objects.put(coreV1.pods as Resource, { metadata, spec } as KubeObject)
  return (audiences: string[], reference: object = {}) => {
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', ...reference }
    const attributes = {
      ...{ resource: coreV1.serviceAccounts, subresource: 'token', operation: 'CREATE', namespace: 'a', name: 'sa' },
      ...{ user, object: { metadata: {}, spec: { audiences, boundObjectRef } } },
    } as unknown as AdmissionAttributes
    return checkNodeToken({ objects, authorizer }, attributes, 'n1')
  }
}

const tokens = (...audiences: string[]): Volume => ({
  name: 'tokens',
  projected: { sources: ['', ...audiences].map((audience) => ({ serviceAccountToken: tokenOf(audience) })) },
})
const tokenOf = (audience: string) => (audience === '' ? { path: 't' } : { path: 't', audience })

test('a node gets tokens for what the volumes of its pods name, and for what it is allowed besides', async () => {
  const ask = asking([tokens('vault')])
  for (const audiences of [[], ['vault'], ['granted']]) await ask(audiences)
  await assert.rejects(ask(['other']), {
    message:
      'serviceaccounts "sa" is forbidden: audience "other" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience',
  })
  await assert.rejects(ask(['vault', 'other']), { message: /: node may only request 0 or 1 audiences$/ })
  await assert.rejects(asking([])([]), { message: /: audience "" not found in pod spec volume/ })
})

test('a node gets tokens for the drivers of its pods, however they are found', async () => {
  const objects = new MemoryObjects()
  objects.put(coreV1.persistentVolumeClaims, { metadata: { name: 'c', namespace: 'a' }, spec: { volumeName: 'v' } })
  objects.put(coreV1.persistentVolumeClaims, { metadata: { name: 'p-e', namespace: 'a' }, spec: { volumeName: 'v' } })
  objects.put(coreV1.persistentVolumes, {
    metadata: { name: 'v' },
    spec: { csi: { driver: 'd.example.com', volumeHandle: 'h' } },
  })
  objects.put(coreV1.persistentVolumes, {
    metadata: { name: 'old' },
    spec: { azureFile: { secretName: 's', shareName: 's' } },
  })
  objects.put(coreV1.persistentVolumeClaims, { metadata: { name: 'o', namespace: 'a' }, spec: { volumeName: 'old' } })
  for (const name of ['d.example.com', 'file.csi.azure.com']) {
    objects.put(storageV1.csiDrivers, { metadata: { name }, spec: { tokenRequests: [{ audience: name }] } })
  }
  const claim = (claimName: string): Volume => ({ name: 'e', persistentVolumeClaim: { claimName } })
  const own: Volume[] = [claim('c'), { name: 'e', csi: { driver: 'd.example.com' } }]
  own.push({ name: 'e', ephemeral: { volumeClaimTemplate: { spec: {} } } })
  for (const volume of own) {
    const ask = asking([volume], 'n1', objects)
    await ask(['d.example.com'])
    await assert.rejects(ask(['x']), { message: /audience "x" not found in pod spec volume/ })
  }
  for (const volume of [claim('o'), { name: 'e', azureFile: { secretName: 's', shareName: 's' } }]) {
    await asking([volume], 'n1', objects)(['file.csi.azure.com'])
  }
  await assert.rejects(asking([claim('gone'), { name: 'x', csi: { driver: 'none' } }], 'n1', objects)(['x']), {
    message:
      /error validating audience "x": \[persistentvolumeclaim "gone" not found, csidriver\.storage\.k8s\.io "none" not found\]$/,
  })
})

test('a node gets no tokens of pods elsewhere, of others of the same name, and of none', async () => {
  const refused: [Promise<void>, RegExp][] = [
    [asking([tokens('vault')], 'n2')(['vault']), /pod scheduled on a different node$/],
    [asking([])([], { uid: 'old' }), /the UID in the bound object reference \(old\) does not match/],
    [asking([])([], { uid: '' }), /a pod binding without a uid$/],
    [asking([])([], { kind: 'Secret' }), /not bound to a pod$/],
    [asking([])([], { name: 'q' }), /^pod "q" not found$/],
  ]
  for (const [attempt, message] of refused) await assert.rejects(attempt, { message })
})
