/**
 * The environment of a container: Service links, then `envFrom`, then `env`; later ones win, and `$(NAME)` refers to
 * what stands before. Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
 */
import type { Container, EnvVar, Pod, Service } from '../../api/types/core/v1.ts'
import { MissingReference, type References } from '../references.ts'
import { expand } from './expand.ts'
import { type Addresses, fieldValue, resourceValue } from './field-path.ts'
import { namespaceOf } from './names.ts'
import { serviceLinks } from './service-links.ts'

export interface EnvironmentSources {
  services: readonly Service[]
  references: References
  addresses: Addresses
  /** What the node offers to pods; stands in for limits that are not set. */
  allocatable: Record<string, string>
}

/** Throws `MissingReference` when a ConfigMap, Secret or key that is not optional is missing. */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<Map<string, string>> {
  const result = new Map<string, string>()
  await addSources(result, pod, container, sources)
  const links = new Map(serviceLinks(pod, sources.services))
  const own = new Map<string, string>()
  for (const variable of container.env ?? []) {
    const value = await variableValue(
      pod,
      container,
      variable,
      sources,
      (name) => own.get(name) ?? result.get(name) ?? links.get(name),
    )
    if (value === undefined) continue
    own.set(variable.name, value)
    result.delete(variable.name)
    result.set(variable.name, value)
    links.delete(variable.name)
  }
  for (const [name, value] of links) if (!result.has(name)) result.set(name, value)
  return result
}

async function addSources(
  result: Map<string, string>,
  pod: Pod,
  container: Container,
  { references }: EnvironmentSources,
): Promise<void> {
  const namespace = namespaceOf(pod)
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef) {
      const name = configMapRef.name ?? ''
      const map = await references.configMap(namespace, name)
      if (!map && !configMapRef.optional) throw new MissingReference(`configmap "${name}" not found`)
      for (const [key, value] of Object.entries(map?.data ?? {})) result.set(prefix + key, value)
    } else if (secretRef) {
      const name = secretRef.name ?? ''
      const secret = await references.secret(namespace, name)
      if (!secret && !secretRef.optional) throw new MissingReference(`secret "${name}" not found`)
      for (const [key, value] of Object.entries(secret?.data ?? {}))
        result.set(prefix + key, Buffer.from(value, 'base64').toString())
    }
  }
}

async function variableValue(
  pod: Pod,
  container: Container,
  variable: EnvVar,
  sources: EnvironmentSources,
  known: (name: string) => string | undefined,
): Promise<string | undefined> {
  const from = variable.valueFrom
  if (!from) return expand(variable.value ?? '', known)
  const namespace = namespaceOf(pod)
  if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath, sources.addresses)
  if (from.resourceFieldRef) return resourceValue(pod, container, from.resourceFieldRef, sources.allocatable)
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef
    const map = await sources.references.configMap(namespace, name)
    if (!map && !optional) throw new MissingReference(`configmap "${name}" not found`)
    const value = map?.data?.[key]
    if (value === undefined && !optional)
      throw new MissingReference(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`)
    return value
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef
    const secret = await sources.references.secret(namespace, name)
    if (!secret && !optional) throw new MissingReference(`secret "${name}" not found`)
    const value = secret?.data?.[key]
    if (value === undefined && !optional)
      throw new MissingReference(`couldn't find key ${key} in Secret ${namespace}/${name}`)
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString()
  }
  return ''
}
