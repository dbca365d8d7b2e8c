/** Flow schemas: which requests belong to which priority level. Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../../api/names.ts'
import { flowcontrolV1 } from '../../../api/resources.ts'
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../../api/types/flowcontrol/v1.ts'
import { keepStatus, startWithoutStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { forbidden, invalid, invalidEach, notSupported, required } from '../validation/field.ts'

const precedenceMax = 10_000
const defaultPrecedence = 1000
const exemptPrecedence = 1
const knownVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

export const flowSchemas: Strategy<FlowSchema> = {
  resource: flowcontrolV1.flowSchemas,
  metadataOnUpdate: ['whole'],
  default(schema) {
    schema.spec ??= { priorityLevelConfiguration: { name: '' } }
    schema.spec.matchingPrecedence ||= defaultPrecedence
  },
  prepareForCreate: startWithoutStatus,
  prepareForUpdate: keepStatus,
  validateCreate: validateSchema,
  validateUpdate: validateSchema,
  status: {
    prepareForUpdate(schema, old) {
      if (old.spec) schema.spec = old.spec
    },
  },
}

function validateSchema({ metadata, spec }: FlowSchema): FieldError[] {
  const { matchingPrecedence: precedence = 0, distinguisherMethod, priorityLevelConfiguration, rules = [] } = spec ?? {}
  const errors: FieldError[] = []
  if (precedence <= 0) errors.push(invalid('spec.matchingPrecedence', precedence, 'must be a positive value'))
  if (precedence > precedenceMax) {
    errors.push(invalid('spec.matchingPrecedence', precedence, `must not be greater than ${precedenceMax}`))
  }
  if (precedence === exemptPrecedence && metadata.name !== 'exempt') {
    errors.push(
      invalid('spec.matchingPrecedence', precedence, "only the schema named 'exempt' may have matchingPrecedence 1"),
    )
  }
  const method = distinguisherMethod?.type ?? ''
  if (distinguisherMethod && method !== 'ByUser' && method !== 'ByNamespace') {
    errors.push(notSupported('spec.distinguisherMethod.type', { Type: method }, ['ByNamespace', 'ByUser']))
  }
  const level = priorityLevelConfiguration?.name ?? ''
  const at = 'spec.priorityLevelConfiguration.name'
  if (level === '') errors.push(required(at, 'must reference a priority level'))
  else errors.push(...invalidEach(at, level, isDns1123Subdomain(level)))
  return [...errors, ...rules.flatMap((rule, index) => validateRule(`spec.rules[${index}]`, rule))]
}

function validateRule(
  path: string,
  { subjects = [], resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects,
): FieldError[] {
  const errors = subjects.length === 0 ? [required(`${path}.subjects`, 'subjects must contain at least one value')] : []
  for (const [index, subject] of subjects.entries())
    errors.push(...validateSubject(`${path}.subjects[${index}]`, subject))
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'))
  }
  for (const [index, rule] of resourceRules.entries())
    errors.push(...validateResourceRule(`${path}.resourceRules[${index}]`, rule))
  for (const [index, rule] of nonResourceRules.entries())
    errors.push(...validateUrlRule(`${path}.nonResourceRules[${index}]`, rule))
  return errors
}

const subjectFields = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const

function validateSubject(path: string, subject: Subject): FieldError[] {
  const kind = subject.kind ?? ''
  if (!(kind in subjectFields)) return [notSupported(`${path}.kind`, kind, ['Group', 'ServiceAccount', 'User'])]
  const field = subjectFields[kind as keyof typeof subjectFields]
  const errors: FieldError[] = []
  const named = subject[field]
  if (!named) return [required(`${path}.${field}`, `${field} is required when subject kind is '${kind}'`)]
  for (const other of Object.values(subjectFields)) {
    if (other === field || !subject[other]) continue
    errors.push(forbidden(`${path}.${other}`, `${other} is forbidden when subject kind is not '${kindOf(other)}'`))
  }
  if (!named.name) errors.push(required(`${path}.${field}.name`))
  if (field !== 'serviceAccount') return errors
  const { name = '', namespace = '' } = subject.serviceAccount ?? {}
  if (name && name !== '*') errors.push(...invalidEach(`${path}.serviceAccount.name`, name, isDns1123Subdomain(name)))
  if (namespace === '')
    errors.push(required(`${path}.serviceAccount.namespace`, 'must specify namespace for service account'))
  else errors.push(...invalidEach(`${path}.serviceAccount.namespace`, namespace, isDns1123Label(namespace)))
  return errors
}

function kindOf(field: string): string {
  return Object.entries(subjectFields).find(([, name]) => name === field)?.[0] ?? ''
}

/** The verbs are shown together; a star stands alone. */
function validateVerbs(path: string, verbs: readonly string[], supported: readonly string[]): FieldError[] {
  if (verbs.length === 0) return [required(path, 'verbs must contain at least one value')]
  if (verbs.includes('*')) {
    return verbs.length > 1 ? [invalid(path, verbs, "if '*' is present, must not specify other verbs")] : []
  }
  return verbs.every((verb) => supported.includes(verb)) ? [] : [notSupported(path, verbs, supported)]
}

function starAlone(path: string, values: readonly string[], noun: string): FieldError[] {
  if (!values.includes('*') || values.length === 1) return []
  return [invalid(path, values, `if '*' is present, must not specify other ${noun}`)]
}

function validateResourceRule(path: string, rule: ResourcePolicyRule): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule
  const errors = validateVerbs(`${path}.verbs`, verbs, knownVerbs)
  if (apiGroups.length === 0)
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'))
  errors.push(...starAlone(`${path}.apiGroups`, apiGroups, 'api groups'))
  if (resources.length === 0)
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'))
  errors.push(...starAlone(`${path}.resources`, resources, 'resources'))
  if (namespaces.length === 0 && !clusterScope) {
    const why = 'resource rules that are not cluster scoped must supply at least one namespace'
    errors.push(required(`${path}.namespaces`, why))
  }
  if (namespaces.includes('*')) return [...errors, ...starAlone(`${path}.namespaces`, namespaces, 'namespaces')]
  for (const [index, namespace] of namespaces.entries()) {
    const why = "each member of this list must be '*' or a DNS-1123 label; "
    const wrong = isDns1123Label(namespace)
    errors.push(
      ...invalidEach(
        `${path}.namespaces[${index}]`,
        namespace,
        wrong.map((message) => why + message),
      ),
    )
  }
  return errors
}

function validateUrlRule(
  path: string,
  { verbs = [], nonResourceURLs: urls = [] }: NonResourcePolicyRule,
): FieldError[] {
  const errors = validateVerbs(`${path}.verbs`, verbs, knownVerbs)
  const at = `${path}.nonResourceURLs`
  if (urls.length === 0) return [...errors, required(at, 'nonResourceURLs must contain at least one value')]
  if (semanticEqual(urls, ['*'])) return errors
  if (urls.includes('*')) return [...errors, ...starAlone(at, urls, 'non-resource URLs')]
  for (const [index, url] of urls.entries()) {
    if (url === '') errors.push(invalid(`${at}[${index}]`, url, 'must not be empty'))
    else if (!url.startsWith('/')) errors.push(invalid(`${at}[${index}]`, url, 'must start with slash'))
    else if (/\s/.test(url)) errors.push(invalid(`${at}[${index}]`, url, 'must not contain white-space'))
    else if (/\*(?!$)|[^/]\*$/.test(url))
      errors.push(invalid(`${at}[${index}]`, url, 'wildcard can only do suffix matching'))
  }
  return errors
}
