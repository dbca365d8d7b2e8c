/**
 * A pod from a manifest of the node itself, with what the API server would fill in. Its uid comes from what the manifest
 * says, so that the next agent finds the pod again, and a changed manifest is another pod. Loaded only where there are
 * manifests, because the schema comes with it.
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
 */
import { createHash } from 'node:crypto'
import { decodeDocument, parseJson } from '../../api/codec/json.ts'
import { applySchemaDefaults } from '../../api/codec/schema-defaults.ts'
import { parseYaml } from '../../api/codec/yaml.ts'
import { defaultPod } from '../../api/defaults/pod.ts'
import { podReferences } from '../../api/pod-references.ts'
import { kindType } from '../../api/schema/registry.ts'
import { systemPriorities } from '../../api/system-priorities.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { configHashAnnotation, configSourceAnnotation } from '../pod/names.ts'

export interface ManifestSource {
  path: string
  nodeName: string
}

/** Throws an error that says what is wrong with the manifest. */
export function staticPod(text: string, { path, nodeName }: ManifestSource): Pod {
  const type = kindType({ group: '', version: 'v1', kind: 'Pod' })
  if (!type) throw new Error('the schema has no pods')
  const document = text.trimStart().startsWith('{') ? parseJson(text) : parseYaml(text)
  const { kind, apiVersion } = (document.value ?? {}) as { kind?: unknown; apiVersion?: unknown }
  if (kind !== 'Pod' || apiVersion !== 'v1') throw new Error('invalid pod: it has to be of kind Pod in apiVersion v1')
  const pod = decodeDocument(type, document).object as unknown as Pod
  refuseIncomplete(pod)
  applySchemaDefaults(type, pod)
  defaultPod(pod)
  refuseReferences(pod)
  return placed(pod, { path, nodeName })
}

function placed(pod: Pod, { path, nodeName }: ManifestSource): Pod {
  const digest = createHash('sha256')
    .update(`${JSON.stringify(pod)}host:${nodeName}file:${path}`)
    .digest('hex')
  const uid = pod.metadata.uid || digest.slice(0, 32)
  const { name, namespace, annotations } = pod.metadata
  const metadata: Pod['metadata'] = {
    ...pod.metadata,
    name: `${name}-${nodeName.toLowerCase()}`,
    namespace: namespace || 'default',
    uid,
    annotations: { ...annotations, [configHashAnnotation]: uid, [configSourceAnnotation]: 'file' },
  }
  const spec = { containers: [], ...pod.spec, nodeName }
  spec.tolerations = [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }]
  const priority = spec.priority ?? systemPriorities.get(spec.priorityClassName ?? '')
  if (priority !== undefined) spec.priority = priority
  return { ...pod, apiVersion: 'v1', kind: 'Pod', metadata, spec, status: { phase: 'Pending' } }
}

function refuseIncomplete({ metadata, spec }: Pod): void {
  if (!metadata?.name) throw new Error('invalid pod: name is needed for the pod')
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  if (!spec?.containers?.length) throw new Error('invalid pod: it has no containers')
  const names = containers.map(({ name }) => name)
  if (names.some((name) => !name) || containers.some(({ image }) => !image))
    throw new Error('invalid pod: every container needs a name and an image')
  if (new Set(names).size < names.length) throw new Error('invalid pod: two containers have the same name')
}

/** A pod that has to run without the API server cannot wait for its objects. */
function refuseReferences(pod: Pod): void {
  const refuse = (what: string): never => {
    throw new Error(`static pods may not reference ${what}`)
  }
  const { secrets, configMaps, persistentVolumeClaims, clusterTrustBundles } = podReferences(pod)
  if (pod.spec?.serviceAccountName) refuse('serviceaccounts')
  if (secrets.size > 0) refuse('secrets')
  if (configMaps.size > 0) refuse('configmaps')
  if (persistentVolumeClaims.size > 0) refuse('persistentvolumeclaims')
  if (clusterTrustBundles) refuse('clustertrustbundles')
  if (pod.spec?.resourceClaims?.length) refuse('resourceclaims')
}
