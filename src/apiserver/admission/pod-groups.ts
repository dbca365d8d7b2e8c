/**
 * Groups of pods: each is kept until its pods are gone (the controller `podgroup-protection` lets go of it), and names a
 * workload that there is. They are served with the gate GenericWorkload only. Source: KEP-4671.
 */
import { schedulingV1alpha2 } from '../../api/resources.ts'
import type { PodGroup } from '../../api/types/scheduling/v1alpha2.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, forbid, isFor } from './plugin.ts'

export const podGroupsName = 'podgroups.scheduling.k8s.io'
const finalizer = 'scheduling.k8s.io/podgroup-protection'

export const podGroupProtection: AdmissionPlugin = {
  name: 'PodGroupProtection',
  resources: [podGroupsName],
  mutate(attributes) {
    if (!isFor(attributes, podGroupsName, 'CREATE') || !attributes.object) return
    const { metadata } = attributes.object
    const finalizers = metadata.finalizers ?? []
    if (!finalizers.includes(finalizer)) metadata.finalizers = [...finalizers, finalizer]
  },
}

export function podGroupWorkloadExists(objects: Objects): AdmissionPlugin {
  return {
    name: 'PodGroupWorkloadExists',
    resources: [podGroupsName],
    async validate(attributes) {
      if (!isFor(attributes, podGroupsName, 'CREATE')) return
      const wanted = (attributes.object as PodGroup).spec?.podGroupTemplateRef?.workload
      if (!wanted) return
      const { workloadName = '', podGroupTemplateName = '' } = wanted
      const refuse = (why: string): Error => forbid(attributes, `PodGroup rejected: ${why}`)
      const workload = await objects.get(schedulingV1alpha2.workloads, `${attributes.namespace}/${workloadName}`)
      if (!workload) throw refuse(`Workload "${workloadName}" not found`)
      if (workload.metadata.deletionTimestamp) throw refuse(`Workload "${workloadName}" is being deleted`)
      if (workload.spec?.podGroupTemplates?.some(({ name }) => name === podGroupTemplateName)) return
      throw refuse(`PodGroupTemplate "${podGroupTemplateName}" not found in Workload "${workloadName}"`)
    },
  }
}
