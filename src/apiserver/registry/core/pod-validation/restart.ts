/**
 * Rules for restart policies and rules of single containers, and for what a resize restarts.
 * Source: KEP-5307 (container restart rules), KEP-1287 (in-place resize).
 */
import type { FieldError } from '../../../../api/errors.ts'
import type { Container, ContainerResizePolicy } from '../../../../api/types/core/v1.ts'
import { duplicate, invalid, notSupported, required, tooMany } from '../../validation/field.ts'

const policies = ['Always', 'Never', 'OnFailure']
const resizePolicies = ['NotRequired', 'RestartContainer']
const rulesMax = 20
const exitCodesMax = 255

/** Of init containers upstream says no more once the policy is missing. */
export function validateRestartRules(path: string, container: Container, isInit: boolean): FieldError[] {
  const policy = container.restartPolicy
  const rules = container.restartPolicyRules ?? []
  const errors: FieldError[] = []
  if (policy !== undefined && !policies.includes(policy))
    errors.push(notSupported(`${path}.restartPolicy`, policy, policies))
  if (policy === undefined && rules.length > 0) {
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'))
    if (isInit) return errors
  }
  if (rules.length > rulesMax) errors.push(tooMany(`${path}.restartPolicyRules`, rules.length, rulesMax))
  for (const [index, rule] of rules.entries()) {
    const at = `${path}.restartPolicyRules[${index}]`
    if (rule.action !== 'Restart' && rule.action !== 'RestartAllContainers') {
      errors.push(notSupported(`${at}.action`, rule.action ?? '', ['Restart', 'RestartAllContainers']))
    }
    errors.push(...validateExitCodes(`${at}.exitCodes`, rule.exitCodes))
  }
  return errors
}

function validateExitCodes(path: string, codes: { operator?: string; values?: number[] } | undefined): FieldError[] {
  if (!codes) return [required(path, 'must be specified')]
  const { operator = '', values = [] } = codes
  const errors =
    operator === 'In' || operator === 'NotIn' ? [] : [notSupported(`${path}.operator`, operator, ['In', 'NotIn'])]
  if (values.length > exitCodesMax) errors.push(tooMany(`${path}.values`, values.length, exitCodesMax))
  return errors
}

export function validateResizePolicy(
  path: string,
  list: readonly ContainerResizePolicy[],
  podRestartPolicy: string | undefined,
): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { resourceName = '', restartPolicy = '' }] of list.entries()) {
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${index}]`, resourceName))
    seen.add(resourceName)
    if (resourceName === '') errors.push(required(path))
    else if (!['cpu', 'memory'].includes(resourceName)) errors.push(notSupported(path, resourceName, ['cpu', 'memory']))
    if (restartPolicy === '') errors.push(required(path))
    else if (!resizePolicies.includes(restartPolicy)) errors.push(notSupported(path, restartPolicy, resizePolicies))
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
    }
  }
  return errors
}
