/** Rules in CEL (`x-kubernetes-validations`) as custom resources' strategies call them. */
import type { FieldError } from '../../../api/errors.ts'
import type { KubeObject } from '../../../api/meta.ts'

export interface RuleSet {
  /** Of an object that its schema accepts. `old` is the stored object on an update. */
  validate(object: KubeObject, old: KubeObject | undefined): FieldError[]
}
