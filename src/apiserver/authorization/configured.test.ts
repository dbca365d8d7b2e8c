import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthorizationAttributes } from '../authorize.ts'
import { AbacAuthorizer, readAbacPolicies } from './abac.ts'
import { readAuthorizationConfiguration } from './configuration.ts'
import { reviewSubjectAccess } from './reviews.ts'
import { fieldRequirementsOf, labelRequirementsOf } from './selectors.ts'

function asking(name: string, verb: string, what: string, namespace = ''): AuthorizationAttributes {
  const isResourceRequest = !what.startsWith('/')
  const [resource = '', apiGroup = ''] = isResourceRequest ? what.split('.') : []
  const user = { name, groups: ['system:authenticated', ...(name === 'bob' ? ['dev'] : [])], extra: {} }
  const rest = { apiVersion: 'v1', subresource: '', name: '', path: isResourceRequest ? '' : what }
  return { user, verb, isResourceRequest, apiGroup, resource, namespace, ...rest }
}

test('AbacAuthorizer allows what a line of its file says', () => {
  const policy = (spec: object) =>
    JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec })
  const file = [
    '# who may what',
    policy({ user: 'ada', namespace: '*', resource: '*', apiGroup: '*' }),
    policy({ group: 'dev', namespace: 'a', resource: 'pods', readonly: true }),
    policy({ user: '*', nonResourcePath: '/healthz*', readonly: true }),
    policy({ namespace: '*', resource: '*', apiGroup: '*' }),
    '{"user": "old", "resource": "events"}',
  ]
  const abac = new AbacAuthorizer(readAbacPolicies(file.join('\n')))
  const cases: [AuthorizationAttributes, boolean][] = [
    [asking('ada', 'delete', 'deployments.apps', 'b'), true],
    [asking('ada', 'get', '/metrics'), false],
    [asking('bob', 'list', 'pods', 'a'), true],
    [asking('bob', 'create', 'pods', 'a'), false],
    [asking('bob', 'list', 'pods', 'b'), false],
    [asking('bob', 'list', 'pods.apps', 'a'), false],
    [asking('eve', 'get', '/healthz/ping'), true],
    [asking('eve', 'post', '/healthz/ping'), false],
    [asking('eve', 'get', 'secrets', 'a'), false],
    [asking('old', 'create', 'events.events', 'z'), true],
    [asking('old', 'get', '/metrics'), false],
  ]
  for (const [attributes, allowed] of cases) {
    const { user, verb, resource, path } = attributes
    assert.equal(abac.decide(attributes).kind === 'allow', allowed, `${user.name} ${verb} ${resource}${path}`)
  }
  assert.throws(() => readAbacPolicies('{}\n[]'), /line 2: want an object/)
  assert.throws(() => readAbacPolicies('{"user": 1}'), /line 1: user must be a text/)
})

test('readAuthorizationConfiguration says what is wrong, and where', () => {
  const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n'
  const webhook = (more: string) => `- {type: Webhook, name: w, webhook: {${more}}}`
  const good =
    'timeout: 3s, subjectAccessReviewVersion: v1, failurePolicy: Deny, connectionInfo: {type: KubeConfigFile, kubeConfigFile: /k}'
  const [configured] = readAuthorizationConfiguration(`${head}${webhook(`${good}, cacheAuthorizedRequests: false`)}`)
  assert.deepEqual(configured, {
    type: 'Webhook',
    name: 'w',
    webhook: {
      ...{ authorizedTtlMs: 0, unauthorizedTtlMs: 30_000, timeoutMs: 3_000, version: 'v1', failurePolicy: 'Deny' },
      ...{ kubeConfigFile: '/k', matchConditions: [] },
    },
  })
  const cases: [string, RegExp][] = [
    ['  []', /at least one/],
    ['- {type: Nope, name: n}', /authorizers\[0\].type: want AlwaysAllow/],
    ['- {type: RBAC, name: "A B"}', /authorizers\[0\].name: is invalid/],
    ['- {type: RBAC, name: a}\n- {type: RBAC, name: b}', /authorizers\[1\].type: Duplicate/],
    ['- {type: RBAC, name: a, webhook: {}}', /may only be specified/],
    [webhook(good.replace('3s', '31s')), /timeout: must be <= 30s/],
    [webhook(good.replace('/k', 'k')), /must be an absolute path/],
    [webhook(`${good}, matchConditions: [{expression: "true"}]`), /matchConditionSubjectAccessReviewVersion/],
    [webhook(`${good}, nope: 1`), /webhook.nope: unknown field/],
  ]
  for (const [text, why] of cases) assert.throws(() => readAuthorizationConfiguration(`${head}${text}`), why, text)
})

test('reviewSubjectAccess asks with the selectors that can be read, and names the others', async () => {
  let asked: AuthorizationAttributes | undefined
  const authorizer = {
    decide(attributes: AuthorizationAttributes) {
      asked = attributes
      return { kind: 'allow' as const, reason: '' }
    },
  }
  const resourceAttributes = {
    ...{ verb: 'list', resource: 'pods' },
    fieldSelector: {
      requirements: [
        { key: 'a', operator: 'In', values: ['1'] },
        { key: 'b', operator: 'Nope', values: ['2'] },
      ],
    },
    labelSelector: { rawSelector: 'x in (' },
  }
  const { status } = await reviewSubjectAccess(authorizer, { metadata: {}, spec: { user: 'u', resourceAttributes } })
  assert.ok(asked)
  assert.deepEqual(fieldRequirementsOf(asked), [{ key: 'a', operator: 'In', values: ['1'] }])
  assert.equal(labelRequirementsOf(asked), undefined)
  assert.deepEqual(status, {
    allowed: true,
    evaluationError:
      'spec.resourceAttributes.fieldSelector partially ignored due to parse error; spec.resourceAttributes.labelSelector ignored due to parse error',
  })
})
