/** Policies as a cluster's owner meets them: written through the API, felt by the next write. */
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { turnsDuring } from '../../testbed/turns.ts'
import { type Cluster, startCluster } from '../webhook/testbed/cluster.ts'

const path = '/apis/admissionregistration.k8s.io/v1'
let cluster: Cluster

before(async () => {
  cluster = await startCluster()
  await cluster.caller.call('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'team', labels: { tier: 'gold' } },
  })
})
after(() => cluster.stop())
afterEach(async () => {
  for (const kind of ['validating', 'mutating'])
    for (const part of ['policies', 'policybindings'])
      await cluster.caller.call('DELETE', `${path}/${kind}admission${part}`)
  cluster.annotations.clear()
})

const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }

async function post(resource: string, kind: string, name: string, spec: object): Promise<void> {
  const object = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec }
  const { status, body } = await cluster.caller.call('POST', `${path}/${resource}`, object)
  assert.equal(status, 201, JSON.stringify(body))
}

async function validating(spec: object, binding: object = {}): Promise<void> {
  const constraints = { matchConstraints: { resourceRules: [rule] } }
  await post('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', 'p', { ...constraints, ...spec })
  const own = { policyName: 'p', validationActions: ['Deny'], ...binding }
  await post('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', 'b', own)
}

async function mutating(name: string, spec: object, binding: object = {}): Promise<void> {
  const common = { matchConstraints: { resourceRules: [rule] }, reinvocationPolicy: 'Never' }
  await post('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', name, { ...common, ...spec })
  await post('mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', name, {
    policyName: name,
    ...binding,
  })
}

function create(name: string, more: object = {}, namespace = 'default') {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' }, ...more }
  return cluster.caller.call('POST', `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`, body)
}

describe('validatingAdmissionPolicy', () => {
  test('validatingAdmissionPolicy shows the request, the namespace and the authorizer', async () => {
    const expressions = [
      "request.userInfo.username == 'kubernetes-admin' && request.operation == 'CREATE' && request.dryRun",
      "request.resource.resource == 'configmaps' && request.kind.kind == 'ConfigMap'",
      "namespaceObject.metadata.labels['tier'] == 'gold'",
      "authorizer.group('').resource('configmaps').namespace('team').check('delete').allowed()",
      "!authorizer.serviceAccount('team', 'x').group('').resource('secrets').check('get').allowed()",
      "authorizer.requestResource.check('create').allowed()",
      'oldObject == null && object.data.a == "1"',
    ]
    await validating({ validations: expressions.map((expression) => ({ expression })) })
    const { status, body } = await create('c', {}, 'team')
    assert.equal(status, 201, JSON.stringify(body))
  })

  const actions: [name: string, validationActions: string[], status: number][] = [
    ['denies', ['Deny'], 422],
    ['warns', ['Warn'], 201],
    ['audits', ['Audit'], 201],
    ['warns and audits', ['Warn', 'Audit'], 201],
  ]
  for (const [name, validationActions, expected] of actions) {
    test(`validatingAdmissionPolicy ${name} when the binding says so`, async () => {
      await validating({ validations: [{ expression: "object.data.a == '2'" }] }, { validationActions })
      const { status, headers } = await create('c')
      assert.equal(status, expected)
      const warned = /Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': failed expression/.test(
        headers.warning ?? '',
      )
      assert.equal(warned, validationActions.includes('Warn'))
      const audited = cluster.annotations.get('validation.policy.admission.k8s.io/validation_failure')
      assert.equal(audited !== undefined, validationActions.includes('Audit'))
      if (audited)
        assert.deepEqual(JSON.parse(audited.value)[0], {
          message: "failed expression: object.data.a == '2'",
          policy: 'p',
          binding: 'b',
          expressionIndex: 0,
          validationActions,
        })
    })
  }

  test('validatingAdmissionPolicy sees options by what is done: a patch is an update, or a create', async () => {
    const configMaps = '/api/v1/namespaces/default/configmaps'
    await cluster.caller.call('POST', configMaps, { metadata: { name: 'there' } })
    await validating({
      matchConstraints: { resourceRules: [{ ...rule, operations: ['*'] }] },
      validations: [{ expression: 'false', messageExpression: "'%s'.format([request.options])" }],
    })
    const merge = { contentType: 'application/merge-patch+json' }
    const apply = { contentType: 'application/apply-patch+yaml' }
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' } }
    const answers = [
      await cluster.caller.call('POST', `${configMaps}?fieldManager=m`, { metadata: { name: 'c' } }),
      await cluster.caller.call('PATCH', `${configMaps}/there?fieldValidation=Strict`, { data: { a: 'b' } }, merge),
      await cluster.caller.call('PATCH', `${configMaps}/new?fieldManager=m`, applied, apply),
      await cluster.caller.call('DELETE', `${configMaps}/there`),
    ]
    const apiVersion = '"apiVersion":"meta.k8s.io/v1"'
    assert.deepEqual(
      answers.map(({ body }) => body.message.replace(/^.*denied request: /, '')),
      [
        `{${apiVersion}, "fieldManager":"m", "kind":"CreateOptions"}`,
        `{${apiVersion}, "fieldValidation":"Strict", "kind":"UpdateOptions"}`,
        `{${apiVersion}, "fieldManager":"m", "kind":"CreateOptions"}`,
        `{${apiVersion}, "kind":"DeleteOptions"}`,
      ],
    )
  })

  test('validatingAdmissionPolicy writes audit annotations under its name', async () => {
    const auditAnnotations = [
      { key: 'kept', valueExpression: "'a is ' + object.data.a" },
      { key: 'left', valueExpression: 'null' },
    ]
    await validating({ auditAnnotations })
    await create('c')
    assert.deepEqual([...cluster.annotations], [['p/kept', { value: 'a is 1', level: 'Metadata' }]])
  })

  for (const [failurePolicy, expected] of [
    ['Fail', 422],
    ['Ignore', 201],
  ] as const) {
    test(`validatingAdmissionPolicy takes an error as ${failurePolicy} says`, async () => {
      await validating({ failurePolicy, validations: [{ expression: "object.data.none == '1'" }] })
      const { status, body } = await create('c')
      assert.equal(status, expected)
      if (expected === 422)
        assert.match(body.message, /expression 'object.data.none == '1'' resulted in error: no such key: none$/)
    })
  }

  test('validatingAdmissionPolicy evaluates a variable once, and only when it is needed', async () => {
    const variables = [
      { name: 'broken', expression: 'object.data.none' },
      { name: 'size', expression: 'object.data.size()' },
      { name: 'twice', expression: 'variables.size * 2' },
    ]
    await validating({ variables, validations: [{ expression: 'variables.twice == 2 || variables.broken == 1' }] })
    assert.equal((await create('c')).status, 201)
    const { body } = await create('c', { data: { a: '1', b: '2' } })
    assert.match(body.message, /composited variable "broken" fails to evaluate: no such key: none/)
  })

  test('validatingAdmissionPolicy falls back from a messageExpression that makes no fitting text', async () => {
    const validations = [{ expression: 'false', message: 'plain', messageExpression: "'a\\nb'" }]
    await validating({ validations })
    assert.match((await create('c')).body.message, /denied request: plain$/)
  })

  test('validatingAdmissionPolicy looks at match conditions first', async () => {
    await validating({
      matchConditions: [{ name: 'only-b', expression: "'b' in object.data" }],
      validations: [{ expression: 'false' }],
    })
    assert.equal((await create('c')).status, 201)
    assert.equal((await create('c', { data: { b: '1' } })).status, 422)
  })

  test('validatingAdmissionPolicy leaves out what rules exclude', async () => {
    const excludeResourceRules = [{ ...rule, resourceNames: ['free'] }]
    await validating({
      matchConstraints: { resourceRules: [rule], excludeResourceRules },
      validations: [{ expression: 'false' }],
    })
    assert.equal((await create('free')).status, 201)
    assert.equal((await create('bound')).status, 422)
  })

  test('validatingAdmissionPolicy takes parameters by name and by labels, and says when there are none', async () => {
    const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' }
    const validations = [
      { expression: 'object.data.a == params.data.a', messageExpression: "'not ' + params.metadata.name" },
    ]
    for (const [name, a] of [
      ['one', '1'],
      ['two', '2'],
    ])
      await cluster.caller.call('POST', '/api/v1/namespaces/team/configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels: { params: 'yes' } },
        data: { a },
      })
    await validating(
      { paramKind, validations },
      { paramRef: { name: 'one', namespace: 'team', parameterNotFoundAction: 'Deny' } },
    )
    assert.equal((await create('c')).status, 201)
    const bind = async (paramRef: object) => {
      await cluster.caller.call('DELETE', `${path}/validatingadmissionpolicybindings/b`)
      const spec = { policyName: 'p', validationActions: ['Deny'], paramRef }
      await post('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', 'b', spec)
    }
    await bind({ selector: { matchLabels: { params: 'yes' } }, namespace: 'team', parameterNotFoundAction: 'Deny' })
    assert.match((await create('c')).body.message, /denied request: not two$/)
    await bind({ name: 'none', namespace: 'team', parameterNotFoundAction: 'Deny' })
    const missing =
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'
    assert.equal(
      (await create('c')).body.message,
      `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${missing}`,
    )
    await bind({ name: 'none', namespace: 'team', parameterNotFoundAction: 'Allow' })
    assert.equal((await create('c')).status, 201)
  })

  test('a policy whose parameters are of no known kind refuses all that it is about, bound or not', async () => {
    const paramKind = { apiVersion: 'none.example/v1', kind: 'None' }
    const binding = { matchResources: { objectSelector: { matchLabels: { a: 'nobody' } } } }
    await validating({ paramKind, validations: [{ expression: 'true' }] }, binding)
    const why = "failed to find resource referenced by paramKind: 'none.example/v1, Kind=None'"
    assert.equal(
      (await create('c')).body.message,
      `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: ${why}`,
    )
  })

  test('validatingAdmissionPolicy ends where its expressions together cost too much', async () => {
    const expression =
      "object.data.a.matches('x*') && object.data.all(k, object.data.all(l, object.data[l].size() > 0 && k.size() > 0))"
    await validating({
      validations: Array.from({ length: 12 }, (_, index) => ({ expression: `${expression} && ${index} >= 0` })),
    })
    const data = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`k${index}`, 'v']))
    const start = performance.now()
    const { status, body } = await create('c', { data: { ...data, a: '1' } })
    assert.equal(status, 422)
    assert.match(body.message, /actual cost limit exceeded|running out of cost budget|operation interrupted/)
    assert(performance.now() - start < 10_000)
  })

  test('validatingAdmissionPolicy lets others have their turn while an expression or a variable takes long', async () => {
    const pairs = 'object.data.all(k, object.data.all(l, k.size() + l.size() > 0))'
    await validating({
      variables: [
        { name: 'inner', expression: pairs },
        { name: 'outer', expression: `variables.inner && ${pairs}` },
      ],
      validations: [{ expression: `variables.outer && variables.inner && ${pairs}` }],
    })
    const data = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`k${index}`, 'v']))
    const { result, turns } = await turnsDuring(() => create('c', { data }))
    assert.equal(result.status, 201, JSON.stringify(result.body))
    assert.ok(turns > 30, `${turns} turns`)
  })

  test('validatingAdmissionPolicy sees subresources only where rules name them', async () => {
    await validating({
      matchConstraints: { resourceRules: [{ ...rule, resources: ['configmaps/status'] }] },
      validations: [{ expression: 'false' }],
    })
    assert.equal((await create('c')).status, 201)
  })
})

describe('subresources with kinds of their own', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    },
  }
  const scales = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments/scale'] }
  const deployments = '/apis/apps/v1/namespaces/default/deployments'
  const scaleTo = (replicas: number) =>
    cluster.caller.call(
      'PATCH',
      `${deployments}/d/scale`,
      { spec: { replicas } },
      { contentType: 'application/merge-patch+json' },
    )

  test('validatingAdmissionPolicy sees a Scale, and keeps it from what the workload itself may not have', async () => {
    await cluster.caller.call('POST', deployments, deployment)
    const expression =
      "object.kind == 'Scale' && object.spec.replicas < 5 && oldObject.kind == 'Scale' && request.kind.kind == 'Scale'"
    await validating({ matchConstraints: { resourceRules: [scales] }, validations: [{ expression }] })
    assert.equal((await scaleTo(7)).status, 422)
    const allowed = await scaleTo(3)
    assert.equal(allowed.status, 200, JSON.stringify(allowed.body))
    assert.equal(allowed.body.spec.replicas, 3)
  })

  test('mutatingAdmissionPolicy changes a Scale, and so the workload', async () => {
    const expression = "[JSONPatch{op: 'replace', path: '/spec/replicas', value: 2}]"
    await mutating('m', {
      matchConstraints: { resourceRules: [scales] },
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
    })
    assert.equal((await scaleTo(9)).body.spec.replicas, 2)
    assert.equal((await cluster.caller.call('GET', `${deployments}/d`)).body.spec.replicas, 2)
  })

  test('validatingAdmissionPolicy sees the options of exec', async () => {
    await cluster.caller.call('POST', '/api/v1/namespaces/default/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    })
    const exec = { apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec'] }
    const expression = "object.kind == 'PodExecOptions' && object.command == ['true'] && object.stdin"
    await validating({
      matchConstraints: { resourceRules: [exec] },
      validations: [{ expression, message: 'only true' }],
    })
    const run = (command: string) =>
      cluster.caller.call('POST', `/api/v1/namespaces/default/pods/p/exec?command=${command}&stdin=true`)
    assert.match((await run('false')).body.message, /denied request: only true/)
    assert.doesNotMatch((await run('true')).body.message, /denied/)
  })
})

describe('mutatingAdmissionPolicy', () => {
  const annotate = (text: string) => ({
    mutations: [
      {
        patchType: 'ApplyConfiguration',
        applyConfiguration: { expression: `Object{metadata: Object.metadata{annotations: ${text}}}` },
      },
    ],
  })

  test('mutatingAdmissionPolicy merges apply configurations and applies JSON patches in order', async () => {
    await mutating('m', {
      mutations: [
        {
          patchType: 'JSONPatch',
          jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/' + jsonpatch.escapeKey('x'), value: 'y'}]" },
        },
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: {
            expression: "Object{metadata: Object.metadata{labels: {'size': string(object.data.size())}}}",
          },
        },
      ],
    })
    const { body } = await create('c', { metadata: { name: 'c', labels: { own: '1' } } })
    assert.deepEqual(body.data, { a: '1', x: 'y' })
    assert.deepEqual(body.metadata.labels, { own: '1', size: '2' })
  })

  test('mutatingAdmissionPolicy changes nothing when a JSON patch tests in vain', async () => {
    const expression =
      "[JSONPatch{op: 'test', path: '/data/a', value: '2'}, JSONPatch{op: 'add', path: '/data/x', value: 'y'}]"
    await mutating('m', { mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }] })
    const { status, body } = await create('c')
    assert.equal(status, 201)
    assert.deepEqual(body.data, { a: '1' })
  })

  test('mutatingAdmissionPolicy says what of a JSON patch does not fit, of tests too where nothing could stand', async () => {
    const said = async (operations: string, more: object = {}) => {
      await mutating('m', { mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: `[${operations}]` } }] })
      const { message = '' } = (await create('c', { metadata: { name: 'c' }, ...more })).body
      for (const part of ['policies', 'policybindings'])
        await cluster.caller.call('DELETE', `${path}/mutatingadmission${part}/m`)
      return message.replace(/^.*?JSON Patch: /, '')
    }
    const patch = (op: string, more: string) => `JSONPatch{op: '${op}', ${more}}`
    const cases: [string, string][] = [
      [
        patch('test', "path: '/x/a', value: '1'"),
        'test operation does not apply: is missing path: /x/a: missing value',
      ],
      [
        patch('add', "path: '/x/a', value: '1'"),
        'add operation does not apply: doc is missing path: "/x/a": missing value',
      ],
      [patch('remove', "path: '/x/a'"), 'remove operation does not apply: doc is missing path: "/x/a": missing value'],
      [
        patch('remove', "path: '/data/z'"),
        "error in remove for path: '/data/z': Unable to remove nonexistent key: z: missing value",
      ],
      [
        patch('replace', "path: '/x/a', value: '1'"),
        'replace operation does not apply: doc is missing path: /x/a: missing value',
      ],
      [
        patch('copy', "from: '/x/a', path: '/data/b'"),
        'copy operation does not apply: doc is missing from path: /x/a: missing value',
      ],
    ]
    for (const [operation, text] of cases) assert.equal(await said(operation), text)
    const onEmpty = await said(patch('add', "path: '/data/a', value: '1'"), { data: {} })
    assert.equal(onEmpty, 'add operation does not apply: doc is missing path: "/data/a": missing value')
  })

  test('mutatingAdmissionPolicy refuses to replace what is atomic', async () => {
    const services = { ...rule, resources: ['services'] }
    const expression =
      "Object{spec: Object.spec{sessionAffinityConfig: Object.spec.sessionAffinityConfig{}, selector: {'a': 'b'}}}"
    await mutating('m', {
      matchConstraints: { resourceRules: [services] },
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
    })
    const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 1 }] } }
    const answer = await cluster.caller.call('POST', '/api/v1/namespaces/default/services?dryRun=All', body)
    assert.equal(answer.status, 403)
    assert.match(
      answer.body.message,
      /^policy 'm' with binding 'm' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: \.spec\.selector/,
    )
  })

  for (const [failurePolicy, expected] of [
    ['Fail', 403],
    ['Ignore', 201],
  ] as const) {
    test(`mutatingAdmissionPolicy takes an error as ${failurePolicy} says`, async () => {
      await mutating('m', { failurePolicy, ...annotate("{'x': object.data.none}") })
      assert.equal((await create('c')).status, expected)
    })
  }

  test('mutatingAdmissionPolicy runs again after later changes, where it asks for it', async () => {
    await mutating('a', {
      ...annotate("{'seen': has(object.metadata.labels) ? 'labels' : 'none'}"),
      reinvocationPolicy: 'IfNeeded',
    })
    const expression = "Object{metadata: Object.metadata{labels: {'late': 'yes'}}}"
    await mutating('b', { mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }] })
    const { body } = await create('c')
    assert.equal(body.metadata.annotations.seen, 'labels')
  })

  test('mutatingAdmissionPolicy changes a custom shape only through its type', async () => {
    await mutating('m', {
      mutations: [
        { patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/bogus', value: 1}]" } },
      ],
    })
    const { status, body } = await create('c')
    assert.equal(status, 403)
    assert.match(body.message, /unknown field "bogus"/)
  })
})
