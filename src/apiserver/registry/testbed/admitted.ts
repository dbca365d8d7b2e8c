/** What the default admission steps add to pods and claims, for tests of strategies alone. */
import type { KubeObject } from '../../../api/meta.ts'
import type { Node, Pod } from '../../../api/types/core/v1.ts'

const accountPath = '/var/run/secrets/kubernetes.io/serviceaccount'

export function admitted(object: KubeObject, operation: 'create' | 'update'): void {
  if (object.kind === 'Pod') schedulingDefaults(object as Pod)
  if (operation === 'update') return
  if (object.kind === 'Pod') admitPod(object as Pod)
  if (object.kind === 'Node') taint(object as Node)
  if (object.kind === 'PersistentVolumeClaim') object.metadata.finalizers = ['kubernetes.io/pvc-protection']
  if (object.kind === 'PersistentVolume') object.metadata.finalizers = ['kubernetes.io/pv-protection']
  if (object.kind === 'VolumeAttributesClass') object.metadata.finalizers = ['kubernetes.io/vac-protection']
}

function schedulingDefaults({ spec }: Pod): void {
  if (!spec) return
  spec.priority ??= 0
  spec.preemptionPolicy ??= 'PreemptLowerPriority'
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    spec.tolerations ??= []
    if (spec.tolerations.some((toleration) => toleration.key === key)) continue
    spec.tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
  }
}

function admitPod(pod: Pod): void {
  const spec = pod.spec
  if (!spec) return
  spec.serviceAccountName ||= 'default'
  spec.serviceAccount = spec.serviceAccountName
  const name = 'kube-api-access-abcde'
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    container.volumeMounts ??= []
    container.volumeMounts.push({ name, readOnly: true, mountPath: accountPath })
  }
  spec.volumes ??= []
  spec.volumes.push({
    name,
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  })
}

function taint(node: Node): void {
  node.spec ??= {}
  const taints = node.spec.taints ?? []
  if (taints.some(({ key }) => key === 'node.kubernetes.io/not-ready')) return
  node.spec.taints = [...taints, { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]
}
