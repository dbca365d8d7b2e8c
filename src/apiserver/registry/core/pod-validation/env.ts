/**
 * Rules for environment variables of containers.
 * Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isConfigMapKey, isDns1123Label, isDns1123Subdomain, isRelaxedEnvVarName } from '../../../../api/names.ts'
import type { EnvFromSource, EnvVar, Volume } from '../../../../api/types/core/v1.ts'
import { invalid, invalidEach, notFound, required } from '../../validation/field.ts'
import { noBacksteps } from '../../validation/paths.ts'
import { validateFieldSelector, validateResourceSelector } from './projected-volumes.ts'

const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

export function validateEnv(path: string, vars: readonly EnvVar[], volumes: ReadonlyMap<string, Volume>): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, variable] of vars.entries()) {
    const at = `${path}[${index}]`
    if (!variable.name) errors.push(required(`${at}.name`))
    else errors.push(...invalidEach(`${at}.name`, variable.name, isRelaxedEnvVarName(variable.name)))
    errors.push(...validateValueFrom(`${at}.valueFrom`, variable))
    const file = variable.valueFrom?.fileKeyRef
    if (file) errors.push(...validateFileVolume(`${at}.valueFrom.fileKeyRef.volumeName`, file.volumeName, volumes))
  }
  return errors
}

/** The file is written by another container of the pod. */
function validateFileVolume(path: string, name = '', volumes: ReadonlyMap<string, Volume>): FieldError[] {
  const volume = volumes.get(name)
  if (!volume) return [notFound(path, name)]
  return volume.emptyDir ? [] : [invalid(path, name, 'referenced volume must be of type emptyDir')]
}

function validateValueFrom(path: string, variable: EnvVar): FieldError[] {
  const from = variable.valueFrom
  if (!from) return []
  const errors: FieldError[] = []
  if (from.fieldRef) errors.push(...validateFieldSelector(`${path}.fieldRef`, from.fieldRef, envFieldPaths))
  if (from.resourceFieldRef)
    errors.push(...validateResourceSelector(`${path}.resourceFieldRef`, from.resourceFieldRef, false))
  if (from.configMapKeyRef) errors.push(...validateKeySelector(`${path}.configMapKeyRef`, from.configMapKeyRef))
  if (from.secretKeyRef) errors.push(...validateKeySelector(`${path}.secretKeyRef`, from.secretKeyRef))
  if (from.fileKeyRef) errors.push(...validateFileKey(`${path}.fileKeyRef`, from.fileKeyRef))
  const sources = [from.fieldRef, from.resourceFieldRef, from.configMapKeyRef, from.secretKeyRef, from.fileKeyRef]
  const count = sources.filter(Boolean).length
  if (count === 0) {
    const choice = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    errors.push(invalid(path, '', `must specify one of: ${choice}`))
  } else if (variable.value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'))
  else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  return errors
}

function validateKeySelector(path: string, selector: { name?: string; key?: string }): FieldError[] {
  const { name = '', key = '' } = selector
  const errors = invalidEach(`${path}.name`, name, isDns1123Subdomain(name))
  return [...errors, ...(key === '' ? [required(`${path}.key`)] : invalidEach(`${path}.key`, key, isConfigMapKey(key)))]
}

function validateFileKey(path: string, file: { key?: string; volumeName?: string; path?: string }): FieldError[] {
  const errors: FieldError[] = []
  if (!file.key) errors.push(required(`${path}.key`))
  else errors.push(...invalidEach(`${path}.key`, file.key, isRelaxedEnvVarName(file.key)))
  if (!file.volumeName) errors.push(required(`${path}.volumeName`))
  else errors.push(...invalidEach(`${path}.volumeName`, file.volumeName, isDns1123Label(file.volumeName)))
  if (!file.path) errors.push(required(`${path}.path`))
  else errors.push(...noBacksteps(`${path}.path`, file.path))
  return errors
}

/** Upstream reports a source that is missing or doubled at the list, without an index. */
export function validateEnvFrom(path: string, sources: readonly EnvFromSource[]): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, source] of sources.entries()) {
    const at = `${path}[${index}]`
    if (source.prefix) errors.push(...invalidEach(`${at}.prefix`, source.prefix, isRelaxedEnvVarName(source.prefix)))
    for (const kind of ['configMapRef', 'secretRef'] as const) {
      const reference = source[kind]
      if (!reference) continue
      if (!reference.name) errors.push(required(`${at}.${kind}.name`))
      else errors.push(...invalidEach(`${at}.${kind}.name`, reference.name, isDns1123Subdomain(reference.name)))
    }
    if (!source.configMapRef && !source.secretRef) {
      errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    } else if (source.configMapRef && source.secretRef) {
      errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
    }
  }
  return errors
}
