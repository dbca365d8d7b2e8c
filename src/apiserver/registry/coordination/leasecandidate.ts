/** Candidates of a coordinated leader election. Source: KEP-4355. */
import type { FieldError } from '../../../api/errors.ts'
import { isConfigMapKey } from '../../../api/names.ts'
import { coordinationV1beta1 } from '../../../api/resources.ts'
import type { LeaseCandidate, LeaseCandidateSpec } from '../../../api/types/coordination/v1beta1.ts'
import { compareVersions, parseSemver, type Semver } from '../../cel/library/semver.ts'
import { CelError } from '../../cel/values.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, messages, required } from '../validation/field.ts'
import { oldest, validateStrategy } from './lease.ts'

export const leaseCandidates: Strategy<LeaseCandidate> = {
  resource: coordinationV1beta1.leaseCandidates,
  anyFinalizers: true,
  validateName: isConfigMapKey,
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
  const emulated = versionOf(emulationVersion)
  const binary = versionOf(binaryVersion)
  const errors = leaseName === '' ? [required('spec.leaseName')] : []
  if (emulationVersion !== '' && !emulated) errors.push(invalid('spec.emulationVersion', emulationVersion, notSemantic))
  if (binaryVersion === '') errors.push(required('spec.binaryVersion'))
  else if (!binary) errors.push(invalid('spec.binaryVersion', binaryVersion, notSemantic))
  if (binaryVersion !== '' && emulationVersion !== '' && compareVersions(binary ?? zero, emulated ?? zero) < 0) {
    errors.push(invalid('spec.binaryVersion', binaryVersion, 'must be greater than or equal to `emulationVersion`'))
  }
  if (strategy === '') return [...errors, required('spec.strategy')]
  if (strategy === oldest && compareVersions(emulated ?? zero, zero) === 0) {
    errors.push(required('spec.emulationVersion', `must be specified when \`strategy\` is '${oldest}'`))
  }
  return [...errors, ...validateStrategy('spec.strategy.strategy', strategy)]
}
const notSemantic = 'must be a valid semantic version'

/** What is no version counts as 0.0.0. */
const zero = parseSemver('0.0.0')

function versionOf(text: string): Semver | undefined {
  try {
    return parseSemver(text)
  } catch (error) {
    if (error instanceof CelError) return undefined
    throw error
  }
}
