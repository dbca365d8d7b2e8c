import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appsV1, coreV1 } from '../../../api/resources.ts'
import type { Namespace, PodSpec } from '../../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import { MemoryObjects } from '../../testbed/memory-objects.ts'
import { podSecurity } from './pod-security.ts'
import { violations } from './standards.ts'
import { checkedPod } from './violation.ts'

const seccompProfile = { type: 'RuntimeDefault' }
const tight = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
const container = (name: string, securityContext: object = tight, more: object = {}) => ({
  name,
  image: 'x',
  securityContext,
  ...more,
})

function spec(more: Partial<PodSpec> = {}): PodSpec {
  return { securityContext: { runAsNonRoot: true, seccompProfile }, containers: [container('c')], ...more } as PodSpec
}

const judged = (level: 'baseline' | 'restricted', own: PodSpec) =>
  violations({ level, version: 'latest' }, checkedPod({ spec: own }))?.details

test('a tight pod passes every level', () => {
  assert.equal(judged('baseline', spec()), undefined)
  assert.equal(judged('restricted', spec()), undefined)
})

test('baseline names what reaches the node', () => {
  const cases: [Partial<PodSpec>, string][] = [
    [{ hostNetwork: true, hostIPC: true }, 'host namespaces (hostNetwork=true, hostIPC=true)'],
    [{ volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    [
      { containers: [container('a', { privileged: true }), container('b', { privileged: true })] },
      'privileged (containers "a", "b" must not set securityContext.privileged=true)',
    ],
    [
      { containers: [container('c', { capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } })] },
      'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      { containers: [container('c', {}, { ports: [{ hostPort: 80 }, { hostPort: 81 }] })] },
      'hostPort (container "c" uses hostPorts 80, 81)',
    ],
    [{ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }, 'forbidden sysctls (kernel.msgmax)'],
    [
      { securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } } },
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
  ]
  for (const [more, text] of cases) assert.equal(judged('baseline', spec(more)), text)
})

test('restricted puts the checks of the baseline first and names each container', () => {
  assert.equal(
    judged('restricted', {
      hostPID: true,
      containers: [container('c', {})],
      initContainers: [container('i', {})],
    } as PodSpec),
    [
      'host namespaces (hostPID=true)',
      'allowPrivilegeEscalation != false (containers "i", "c" must set securityContext.allowPrivilegeEscalation=false)',
      'unrestricted capabilities (containers "i", "c" must set securityContext.capabilities.drop=["ALL"])',
      'runAsNonRoot != true (pod or containers "i", "c" must set securityContext.runAsNonRoot=true)',
      'seccompProfile (pod or containers "i", "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ].join(', '),
  )
  const cases: [Partial<PodSpec>, string][] = [
    [
      { volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] },
      'restricted volume types (volume "v" uses restricted volume type "nfs")',
    ],
    [
      { securityContext: { runAsNonRoot: false, seccompProfile } },
      'runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)',
    ],
    [
      { containers: [container('c', { ...tight, runAsUser: 0 })] },
      'runAsUser=0 (container "c" must not set runAsUser=0)',
    ],
    [
      { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Unconfined' } } },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
  ]
  for (const [more, text] of cases) assert.equal(judged('restricted', spec(more)), text)
})

test('an AppArmor profile counts on the pod, its containers and in annotations', () => {
  const name = 'container.apparmor.security.beta.kubernetes.io/c'
  const pod = {
    metadata: { annotations: { [name]: 'unconfined' } },
    spec: spec({ containers: [container('c', { ...tight, appArmorProfile: { type: 'Unconfined' } })] }),
  }
  assert.equal(
    violations({ level: 'restricted', version: 'latest' }, checkedPod(pod))?.details,
    `forbidden AppArmor profiles (container "c" and annotation must not set AppArmor profile type to "Unconfined", "${name}="unconfined"")`,
  )
})

test('what a namespace enforces by its label, it warns of in templates, unless it warns of something itself', async () => {
  const warnings = async (labels: Record<string, string>) => {
    const objects = new MemoryObjects()
    const names = Object.entries(labels).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value])
    objects.put(coreV1.namespaces, { metadata: { name: 'a', labels: Object.fromEntries(names) } } as Namespace)
    const warned: string[] = []
    await podSecurity(objects).validate?.({
      operation: 'CREATE',
      resource: appsV1.deployments,
      subresource: '',
      namespace: 'a',
      name: 'd',
      user: { name: 'u', groups: [], extra: {} },
      object: { spec: { template: { spec: { containers: [container('c', {})] } } } },
      warn: (text: string) => void warned.push(text.split(':', 2).join(':')),
    } as unknown as AdmissionAttributes)
    return warned
  }
  assert.deepEqual(await warnings({ enforce: 'restricted' }), ['would violate PodSecurity "restricted:latest"'])
  assert.deepEqual(await warnings({ enforce: 'restricted', 'enforce-version': 'v1.25' }), [
    'would violate PodSecurity "restricted:v1.25"',
  ])
  assert.deepEqual(await warnings({ enforce: 'restricted', warn: 'baseline' }), [])
  assert.deepEqual(await warnings({ enforce: 'nonsense' }), [])
})
