/**
 * What workloads share: a selector that chooses the template's pods, and strategies counted in numbers or percent.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector and the recorded messages.
 */
import type { FieldError } from '../../../api/errors.ts'
import { scaledValue } from '../../../api/int-or-string.ts'
import { isPercent } from '../../../api/names.ts'
import { matchesLabelSelector } from '../../../api/selectors/label.ts'
import type { PodTemplateSpec } from '../../../api/types/core/v1.ts'
import type { LabelSelector } from '../../../api/types/meta/v1.ts'
import type { PodAllowances } from '../core/pod-validation/allowances.ts'
import { validatePodTemplate } from '../core/pod-validation/spec.ts'
import { forbidden, invalid, invalidEach, messages, nonNegative, notSupported, required } from '../validation/field.ts'
import { sortedMaps } from '../validation/go-struct.ts'
import { isEmptySelector, shownSelector, validateLabelSelector } from '../validation/labels.ts'

export interface TemplateOwner {
  /** As it stands in messages: `deployment`. */
  noun: string
  /** As it stands in messages: `ReplicaSet`. */
  kind: string
  /** What is said of a selector that can't be read. */
  unreadable: string
}

/** The selector, then the template it must choose; upstream leaves the template unread below a broken selector. */
export function validateSelectorAndTemplate(
  path: string,
  { selector, template }: { selector?: LabelSelector | undefined; template?: PodTemplateSpec | undefined },
  owner: TemplateOwner,
  allowed: PodAllowances,
): FieldError[] {
  const templatePath = `${path}.template`
  const at = `${path}.selector`
  const syntax = validateLabelSelector(at, selector)
  const errors = selector ? [...syntax] : [required(at)]
  if (selector && isEmptySelector(selector))
    errors.push(invalid(at, shownSelector(selector), `empty selector is invalid for ${owner.noun}`))
  if (syntax.length > 0) return [...errors, invalid(at, shownSelector(selector), owner.unreadable)]
  errors.push(...validateMatch(templatePath, selector, template))
  errors.push(...validatePodTemplate(templatePath, template, allowed))
  return [...errors, ...validateAlwaysRunning(`${templatePath}.spec`, template, owner.kind)]
}

export function validateMatch(
  path: string,
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
): FieldError[] {
  const labels = template?.metadata?.labels
  const matches = selector !== undefined && (isEmptySelector(selector) || matchesLabelSelector(selector, labels))
  return matches ? [] : [invalid(`${path}.metadata.labels`, sortedMaps(labels ?? null), messages.selectorMismatch)]
}

export function validateAlwaysRunning(path: string, template: PodTemplateSpec | undefined, kind: string): FieldError[] {
  const policy = template?.spec?.restartPolicy
  const errors = policy === 'Always' ? [] : [notSupported(`${path}.restartPolicy`, policy ?? '', ['Always'])]
  if (template?.spec?.activeDeadlineSeconds === undefined) return errors
  return [...errors, forbidden(`${path}.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`)]
}

export function validateCountOrPercent(path: string, value: number | string | undefined): FieldError[] {
  return typeof value === 'string' ? invalidEach(path, value, isPercent(value)) : nonNegative(path, value)
}

export function notAboveHundredPercent(path: string, value: number | string | undefined): FieldError[] {
  if (typeof value !== 'string' || isPercent(value).length > 0 || Number.parseInt(value, 10) <= 100) return []
  return [invalid(path, value, 'must not be greater than 100%')]
}

/** The number, or the percentage itself: enough to tell zero from the rest. */
export function plainCount(value: number | string | undefined): number {
  return scaledValue(value ?? 0, 100, 'down')
}
