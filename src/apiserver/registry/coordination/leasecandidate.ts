/** Candidates of a coordinated leader election. Source: KEP-4355. */
import type { FieldError } from '../../../api/errors.ts'
import { isConfigMapKey, isQualifiedName } from '../../../api/names.ts'
import { coordinationV1beta1 } from '../../../api/resources.ts'
import type { LeaseCandidate, LeaseCandidateSpec } from '../../../api/types/coordination/v1beta1.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, invalidEach, messages, notSupported, required } from '../validation/field.ts'

const number = '(?:0|[1-9]\\d*)'
const version = new RegExp(
  `^(${number}\\.${number}\\.${number})(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z.-]+)?$`,
)

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
  const emulated = parseVersion(emulationVersion)
  const binary = parseVersion(binaryVersion)
  const errors = leaseName === '' ? [required('spec.leaseName')] : []
  if (emulationVersion !== '' && !emulated) errors.push(invalid('spec.emulationVersion', emulationVersion, notSemantic))
  if (binaryVersion === '') errors.push(required('spec.binaryVersion'))
  else if (!binary) errors.push(invalid('spec.binaryVersion', binaryVersion, notSemantic))
  if (binaryVersion !== '' && emulationVersion !== '' && isOlder(binary, emulated)) {
    errors.push(invalid('spec.binaryVersion', binaryVersion, 'must be greater than or equal to `emulationVersion`'))
  }
  if (strategy === '') return [...errors, required('spec.strategy')]
  if (strategy === oldest && !isOlder(zero, emulated)) {
    errors.push(required('spec.emulationVersion', `must be specified when \`strategy\` is '${oldest}'`))
  }
  const at = 'spec.strategy.strategy'
  if (strategy.includes('/')) return [...errors, ...invalidEach(at, strategy, isQualifiedName(strategy))]
  return strategy === oldest ? errors : [...errors, notSupported(at, strategy, [oldest])]
}

const oldest = 'OldestEmulationVersion'
const notSemantic = 'must be a valid semantic version'

interface Version {
  numbers: readonly number[]
  /** None: it is the release itself. */
  preRelease: readonly string[]
}

const zero: Version = { numbers: [0, 0, 0], preRelease: [] }

/** Semantic versions. Source: https://semver.org. */
function parseVersion(text: string): Version | undefined {
  const [, numbers, preRelease = ''] = version.exec(text) ?? []
  if (numbers === undefined) return undefined
  return { numbers: numbers.split('.').map(Number), preRelease: preRelease === '' ? [] : preRelease.split('.') }
}

/** What is no version is older than all others. */
function isOlder(one: Version = zero, other: Version = zero): boolean {
  for (const [index, number] of one.numbers.entries()) {
    const difference = number - (other.numbers[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  if (one.preRelease.length === 0 || other.preRelease.length === 0)
    return one.preRelease.length > other.preRelease.length
  for (const [index, part] of other.preRelease.entries()) {
    const own = one.preRelease[index]
    if (own === undefined) return true
    if (own !== part) return isLower(own, part)
  }
  return false
}

/** Numbers by their value, and before all words. */
function isLower(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => /^\d+$/.test(text)) as [boolean, boolean]
  if (first && second) return Number(one) < Number(other)
  return first === second ? one < other : first
}
