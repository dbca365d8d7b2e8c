/** Candidates of a coordinated leader election. Source: KEP-4355. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain, isQualifiedName } from '../../../api/names.ts'
import { coordinationV1beta1 } from '../../../api/resources.ts'
import type { LeaseCandidate, LeaseCandidateSpec } from '../../../api/types/coordination/v1beta1.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, invalidEach, messages, required } from '../validation/field.ts'

const version = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/

export const leaseCandidates: Strategy<LeaseCandidate> = {
  resource: coordinationV1beta1.leaseCandidates,
  anyFinalizers: true,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validateCreate: ({ spec }) => validateSpec(spec ?? {}),
  validateUpdate({ spec }, old) {
    const errors = validateSpec(spec ?? {})
    if (spec?.leaseName === old.spec?.leaseName) return errors
    return [...errors, invalid('spec.leaseName', spec?.leaseName ?? '', messages.immutable)]
  },
}

function validateSpec(spec: Partial<LeaseCandidateSpec>): FieldError[] {
  const { leaseName = '', strategy = '', binaryVersion = '', emulationVersion = '' } = spec
  const errors: FieldError[] = []
  if (leaseName === '') errors.push(required('spec.leaseName'))
  else errors.push(...invalidEach('spec.leaseName', leaseName, isDns1123Subdomain(leaseName)))
  if (binaryVersion === '') errors.push(required('spec.binaryVersion'))
  else if (!version.test(binaryVersion)) errors.push(invalid('spec.binaryVersion', binaryVersion, notSemantic))
  if (emulationVersion !== '' && !version.test(emulationVersion)) {
    errors.push(invalid('spec.emulationVersion', emulationVersion, notSemantic))
  } else if (strategy === 'OldestEmulationVersion' && emulationVersion === '') {
    errors.push(required('spec.emulationVersion', 'must be specified when `strategy` is OldestEmulationVersion'))
  } else if (emulationVersion !== '' && isNewer(emulationVersion, binaryVersion)) {
    const why = `must be less than or equal to \`binaryVersion\``
    errors.push(invalid('spec.emulationVersion', emulationVersion, why))
  }
  if (strategy === '') errors.push(required('spec.strategy'))
  else if (strategy.includes('/')) errors.push(...invalidEach('spec.strategy', strategy, isQualifiedName(strategy)))
  else if (strategy !== 'OldestEmulationVersion') {
    errors.push(invalid('spec.strategy', strategy, 'must be OldestEmulationVersion, or a name with a domain'))
  }
  return errors
}

const notSemantic = 'could not be parsed as a semantic version'

function isNewer(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => text.split(/[-+]/, 1)[0]!.split('.').map(Number))
  for (let index = 0; index < 3; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}
