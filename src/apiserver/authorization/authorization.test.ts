import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { ApiError } from '../../api/errors.ts'
import type { KubeObject, Resource } from '../../api/meta.ts'
import { coreV1, rbacV1 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from '../../api/types/rbac/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { AuthorizationAttributes } from '../authorize.ts'
import type { UserInfo } from '../request.ts'
import { MemoryObjects } from '../testbed/memory-objects.ts'
import { AuthorizerChain, type Decision } from './decision.ts'
import { checkEscalation } from './escalation.ts'
import { NodeAuthorizer } from './node.ts'
import { NodeGraph } from './node-graph.ts'
import { Rbac } from './rbac.ts'
import { reviewSelfSubjectRules, reviewSubjectAccess } from './reviews.ts'
import { compactRules, missingRules, ruleText } from './rules.ts'

const rule = (text: string): PolicyRule => {
  const [groups = '', resources = '', verbs = '', names] = text.split(' ')
  const base = {
    apiGroups: groups.replace('core', '').split(','),
    resources: resources.split(','),
    verbs: verbs.split(','),
  }
  return names ? { ...base, resourceNames: names.split(',') } : base
}
const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups, extra: {} })

function asking(who: UserInfo, text: string): AuthorizationAttributes {
  const [verb = '', what = '', namespace = '', name = ''] = text.split(' ')
  if (what.startsWith('/')) {
    const none = { apiGroup: '', apiVersion: '', resource: '', subresource: '', namespace: '', name: '' }
    return { user: who, verb, isResourceRequest: false, ...none, path: what }
  }
  const [full = '', apiGroup = ''] = what.split('@')
  const [resource = '', subresource = ''] = full.split('/')
  const rest = {
    apiGroup,
    apiVersion: 'v1',
    resource,
    subresource,
    namespace: namespace === '-' ? '' : namespace,
    name,
  }
  return { user: who, verb, isResourceRequest: true, ...rest, path: '' }
}

let objects: MemoryObjects
let rbac: Rbac
let graph: NodeGraph
let chain: AuthorizerChain

/** Nobody is asked in these tests. */
function decided(attributes: AuthorizationAttributes): Decision {
  return chain.decide(attributes) as Decision
}

beforeEach(async () => {
  objects = new MemoryObjects()
  rbac = new Rbac()
  graph = new NodeGraph()
  await Promise.all([rbac.start(objects), graph.start(objects)])
  const nodeRules = [rule('core services list,watch'), { nonResourceURLs: ['/version'], verbs: ['get'] }]
  chain = new AuthorizerChain([new NodeAuthorizer(graph, nodeRules), rbac])
})

function role(name: string, rules: PolicyRule[], namespace?: string): void {
  const metadata = namespace ? { name, namespace } : { name }
  objects.put((namespace ? rbacV1.roles : rbacV1.clusterRoles) as Resource<ClusterRole>, { metadata, rules })
}

function bind(roleRef: string, subject: Subject, namespace?: string): void {
  const [kind = '', name = ''] = roleRef.split('/')
  const metadata = namespace ? { name: 'b', namespace } : { name: `b-${name}` }
  const resource = (namespace ? rbacV1.roleBindings : rbacV1.clusterRoleBindings) as Resource<RoleBinding>
  objects.put(resource, { metadata, roleRef: { kind, name }, subjects: [subject] })
}

test('what nodes use is learned when the first of them asks, and tried again when that fails', async () => {
  const filled = new NodeGraph()
  const tries = [() => Promise.reject(new Error('the store is away')), () => filled.start(objects)]
  let asked = 0
  const authorizer = new NodeAuthorizer(filled, [], () => tries[asked++]!())
  objects.put(coreV1.pods, {
    metadata: { name: 'p', namespace: 'a' },
    spec: { nodeName: 'n', containers: [], volumes: [{ name: 'v', secret: { secretName: 's' } }] },
  })
  const question = asking(user('system:node:n', 'system:nodes'), 'get secrets a s')
  assert.equal((authorizer.decide(asking(user('x'), 'get secrets a s')) as Decision).kind, 'noOpinion')
  assert.equal(asked, 0)
  await assert.rejects(async () => await authorizer.decide(question), /the store is away/)
  const both = await Promise.all([authorizer.decide(question), authorizer.decide(question)])
  assert.deepEqual([both.map(({ kind }) => kind), asked], [['allow', 'allow'], 2])
  assert.equal((authorizer.decide(question) as Decision).kind, 'allow')
})

test('Rbac allows by user, group and service account, in the cluster or one namespace', () => {
  role('reader', [rule('core pods,pods/log get,list')])
  role('local', [rule('apps * update')], 'a')
  bind('ClusterRole/reader', { kind: 'Group', name: 'team' })
  bind('Role/local', { kind: 'ServiceAccount', name: 'bot' }, 'a')
  const bot = user('system:serviceaccount:a:bot')
  const cases: [UserInfo, string, boolean][] = [
    [user('x', 'team'), 'get pods a', true],
    [user('x', 'team'), 'list pods -', true],
    [user('x', 'team'), 'get pods/log a p', true],
    [user('x', 'team'), 'get pods/exec a p', false],
    [user('x', 'team'), 'delete pods a', false],
    [user('x', 'other'), 'get pods a', false],
    [bot, 'update deployments@apps a', true],
    [bot, 'update deployments/scale@apps a', true],
    [bot, 'update deployments@apps b', false],
    [user('system:serviceaccount:b:bot'), 'update deployments@apps a', false],
    [user('y', 'system:masters'), 'anything whatever a', true],
  ]
  for (const [who, text, allowed] of cases) {
    assert.equal(decided(asking(who, text)).kind === 'allow', allowed, `${who.name} ${text}`)
  }
})

test('Rbac explains what allowed and which role is missing', () => {
  role('reader', [rule('core pods get')])
  bind('ClusterRole/reader', { kind: 'User', name: 'vera' }, 'a')
  bind('ClusterRole/nope', { kind: 'User', name: 'vera' })
  assert.deepEqual(decided(asking(user('vera'), 'get pods a')), {
    kind: 'allow',
    reason: 'RBAC: allowed by RoleBinding "b/a" of ClusterRole "reader" to User "vera"',
  })
  assert.deepEqual(decided(asking(user('vera'), 'get nodes -')), {
    kind: 'noOpinion',
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "nope" not found',
  })
})

test('Rbac forgets a binding that is deleted or names somebody else', () => {
  role('reader', [rule('core pods get')])
  bind('ClusterRole/reader', { kind: 'User', name: 'vera' }, 'a')
  bind('ClusterRole/reader', { kind: 'User', name: 'ed' }, 'a')
  assert.equal(decided(asking(user('vera'), 'get pods a')).kind, 'noOpinion')
  assert.equal(decided(asking(user('ed'), 'get pods a')).kind, 'allow')
  objects.remove(rbacV1.roleBindings as Resource, 'a/b')
  assert.equal(decided(asking(user('ed'), 'get pods a')).kind, 'noOpinion')
})

test('a rule matches names, all resources, any subresource and path prefixes', () => {
  role('r', [
    rule('core configmaps get c1,c2'),
    rule('* */scale patch'),
    { nonResourceURLs: ['/healthz/*', '/metrics'], verbs: ['get'] },
  ])
  bind('ClusterRole/r', { kind: 'User', name: 'u' })
  const cases: Record<string, boolean> = {
    'get configmaps a c2': true,
    'get configmaps a c3': false,
    'get configmaps a': false,
    'patch deployments/scale@apps a d': true,
    'patch deployments@apps a d': false,
    'get /healthz/ping': true,
    'get /metrics': true,
    'get /metrics/x': false,
    'post /metrics': false,
  }
  for (const [text, allowed] of Object.entries(cases)) {
    assert.equal(decided(asking(user('u'), text)).kind === 'allow', allowed, text)
  }
})

test('missingRules finds exactly what is not held', () => {
  const held = [rule('core,apps * get,list'), rule('core secrets * s1'), { nonResourceURLs: ['/a/*'], verbs: ['get'] }]
  const missing = (wanted: PolicyRule) => compactRules(missingRules(held, [wanted])).map(ruleText)
  assert.deepEqual(missing(rule('core pods,pods/log get')), [])
  assert.deepEqual(missing(rule('core pods get,delete,patch')), [
    '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "patch"]}',
  ])
  assert.deepEqual(missing(rule('core secrets delete s1,s2')), [
    '{APIGroups:[""], Resources:["secrets"], ResourceNames:["s2"], Verbs:["delete"]}',
  ])
  assert.deepEqual(missing(rule('* pods get')), ['{APIGroups:["*"], Resources:["pods"], Verbs:["get"]}'])
  assert.deepEqual(missing({ nonResourceURLs: ['/a/b', '/b'], verbs: ['get'] }), [
    '{NonResourceURLs:["/b"], Verbs:["get"]}',
  ])
})

function writing(resource: Resource, object: KubeObject, who: UserInfo): AdmissionAttributes {
  const { namespace = '', name = '' } = object.metadata
  const none = { subresource: '', oldObject: undefined, dryRun: false, options: {}, warn() {} }
  return { operation: 'CREATE', resource, namespace, name, object, user: who, ...none }
}

test('checkEscalation refuses roles and bindings beyond what the writer holds', async () => {
  role('admin', [rule('core pods *')])
  role('big', [rule('core nodes,pods delete')])
  bind('ClusterRole/admin', { kind: 'User', name: 'ada' }, 'a')
  const parts = { rbac, authorizer: chain }
  const ada = user('ada', 'system:authenticated')
  const check = (resource: Resource, object: object, who = ada) =>
    checkEscalation(parts, writing(resource, object as KubeObject, who))
  const metadata = { name: 'esc', namespace: 'a' }
  const roles = rbacV1.roles as Resource
  const bindings = rbacV1.roleBindings as Resource
  await check(roles, { metadata, rules: [rule('core pods get')] })
  await check(roles, { metadata, rules: [rule('core nodes get')] }, user('m', 'system:masters'))
  const why =
    'user "ada" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["delete"]}'
  const expected = { code: 403, message: `roles.rbac.authorization.k8s.io "esc" is forbidden: ${why}` }
  await assert.rejects(
    () => check(roles, { metadata, rules: [rule('core nodes delete')] }),
    (error: ApiError) => {
      assert.deepEqual({ code: error.code, message: error.message }, expected)
      return true
    },
  )
  const toBig = { metadata, roleRef: { kind: 'ClusterRole', name: 'big' }, subjects: [] }
  await assert.rejects(() => check(bindings, toBig), {
    message: `rolebindings.rbac.authorization.k8s.io "esc" is forbidden: ${why}`,
  })
  await assert.rejects(() => check(bindings, { ...toBig, roleRef: { kind: 'ClusterRole', name: 'none' } }), {
    code: 404,
  } as object)
  role('binder', [rule('rbac.authorization.k8s.io clusterroles bind big')], 'a')
  objects.put(rbacV1.roleBindings, {
    metadata: { name: 'binder', namespace: 'a' },
    roleRef: { kind: 'Role', name: 'binder' },
    subjects: [{ kind: 'User', name: 'ada' }],
  })
  await check(bindings, toBig)
})

const node = user('system:node:n1', 'system:nodes')

function pod(name: string, nodeName: string, more: Partial<NonNullable<Pod['spec']>> = {}): Pod {
  return { metadata: { name, namespace: 'a', uid: name }, spec: { containers: [], nodeName, ...more } } as Pod
}

test('NodeAuthorizer lets a node read what its pods use, as long as they exist', () => {
  const using: Partial<NonNullable<Pod['spec']>> = {
    serviceAccountName: 'sa',
    imagePullSecrets: [{ name: 'pull' }],
    volumes: [
      { name: 'v', secret: { secretName: 's1' } },
      { name: 'c', persistentVolumeClaim: { claimName: 'pvc' } },
    ],
  }
  objects
    .put(coreV1.pods, pod('p', 'n1', using))
    .put(coreV1.pods, pod('q', 'n1', using))
    .put(coreV1.pods, pod('r', 'n2'))
  objects.put(coreV1.persistentVolumes, {
    metadata: { name: 'pv' },
    spec: {
      claimRef: { namespace: 'a', name: 'pvc' },
      csi: { driver: 'd', volumeHandle: 'h', nodeStageSecretRef: { name: 'cs', namespace: 'b' } },
    },
  })
  const allowed = ['get secrets a s1', 'get secrets a pull', 'get secrets b cs', 'get persistentvolumes - pv']
  allowed.push(
    'create serviceaccounts/token a sa',
    'get serviceaccounts a sa',
    'get persistentvolumeclaims a pvc',
    'get pods a p',
  )
  const refused = [
    'get secrets a s2',
    'get secrets b s1',
    'list secrets -',
    'update secrets a s1',
    'get serviceaccounts a other',
    'list serviceaccounts a sa',
    'get pods a r',
    'get pods -',
  ]
  for (const text of allowed) assert.equal(decided(asking(node, text)).kind, 'allow', text)
  for (const text of refused) assert.equal(decided(asking(node, text)).kind, 'noOpinion', text)
  objects.remove(coreV1.pods as Resource, 'a/p')
  assert.equal(decided(asking(node, 'get secrets a s1')).kind, 'allow')
  objects.remove(coreV1.pods as Resource, 'a/q')
  assert.deepEqual(decided(asking(node, 'get secrets a s1')), {
    kind: 'noOpinion',
    reason: "no relationship found between node 'n1' and this object",
  })
  assert.equal(decided(asking(node, 'get secrets b cs')).kind, 'noOpinion')
})

test('NodeAuthorizer lets a node write its own objects and list its own pods only', () => {
  const cases: [string, boolean][] = [
    ['get nodes - n1', true],
    ['get nodes - n2', false],
    ['patch nodes/status - n1', true],
    ['update leases@coordination.k8s.io kube-node-lease n1', true],
    ['update leases@coordination.k8s.io kube-node-lease n2', false],
    ['create leases@coordination.k8s.io kube-system', false],
    ['list services -', true],
    ['delete services a s', false],
    ['get /version', true],
    ['patch pods/status a p', true],
  ]
  for (const [text, allowed] of cases) assert.equal(decided(asking(node, text)).kind === 'allow', allowed, text)
  const listing = asking(node, 'list pods -')
  assert.equal(decided({ ...listing, fieldSelector: 'spec.nodeName=n1,status.phase=Running' }).kind, 'allow')
  assert.equal(decided({ ...listing, fieldSelector: 'spec.nodeName=n2' }).kind, 'noOpinion')
  const slices = asking(node, 'list resourceslices@resource.k8s.io -')
  assert.equal(decided({ ...slices, fieldSelector: 'spec.nodeName=n1' }).kind, 'allow')
  assert.equal(decided({ ...slices, fieldSelector: 'spec.nodeName=n2' }).kind, 'noOpinion')
  assert.match(decided(asking(user('system:node:', 'system:nodes'), 'get nodes -')).reason, /unknown node/)
})

test('reviewSubjectAccess answers, and refuses a question about nothing by nobody', async () => {
  role('reader', [rule('core pods get')])
  bind('ClusterRole/reader', { kind: 'User', name: 'vera' })
  const metadata = {}
  const attributes = { verb: 'get', resource: 'pods', group: '' }
  const reviewed = await reviewSubjectAccess(chain, {
    metadata,
    spec: { user: 'vera', groups: [], resourceAttributes: attributes },
  })
  assert.deepEqual(reviewed, {
    metadata,
    spec: { user: 'vera', resourceAttributes: { verb: 'get', resource: 'pods' } },
    status: {
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "b-reader" of ClusterRole "reader" to User "vera"',
    },
  })
  await assert.rejects(reviewSubjectAccess(chain, { metadata, spec: {} }), {
    message:
      '.authorization.k8s.io "" is invalid: [spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: "": at least one of user or group must be specified]',
  })
})

test('reviewSelfSubjectRules lists rules and is incomplete for nodes and missing roles', () => {
  role('reader', [rule('core pods get'), { nonResourceURLs: ['/version'], verbs: ['get'] }])
  bind('ClusterRole/reader', { kind: 'User', name: 'vera' })
  const review = { metadata: {}, spec: { namespace: 'a' } }
  assert.deepEqual(reviewSelfSubjectRules(rbac, review, user('vera')).status, {
    resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/version'] }],
    incomplete: false,
  })
  assert.equal(reviewSelfSubjectRules(rbac, review, node).status?.incomplete, true)
})
