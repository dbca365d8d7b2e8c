import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { KubeObject, Resource } from '../../../api/meta.ts'
import { appsV1, coreV1 } from '../../../api/resources.ts'
import { MemoryObjects } from '../../testbed/memory-objects.ts'
import { type PodSecurityOptions, standardPodSecurity } from './configuration.ts'
import { podSecurity } from './pod-security.ts'
import { type Level, violations } from './standards.ts'
import { checkedPod } from './violation.ts'

const tight = {
  securityContext: {
    ...{ runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    seccompProfile: { type: 'RuntimeDefault' },
  },
}
const podOf = (pod: object, container: object = tight, metadata: object = {}) =>
  checkedPod({ metadata, spec: { containers: [{ name: 'c', image: 'x', ...container }], ...pod } } as never)
const sysctl = (name: string) => podOf({ securityContext: { sysctls: [{ name, value: '1' }] } })
const inContext = (more: object) => podOf({}, { securityContext: { ...tight.securityContext, ...more } })

/** A pod, and the versions in which the level refuses it: the first that does, the first that does not any more. */
const changes: [string, Level, ReturnType<typeof podOf>, refusedFrom: number, allowedFrom: number][] = [
  ['ip_local_reserved_ports', 'baseline', sysctl('net.ipv4.ip_local_reserved_ports'), 0, 27],
  ['tcp_keepalive_time', 'baseline', sysctl('net.ipv4.tcp_keepalive_time'), 0, 29],
  ['tcp_rmem', 'baseline', sysctl('net.ipv4.tcp_rmem'), 0, 32],
  ['container_engine_t', 'baseline', inContext({ seLinuxOptions: { type: 'container_engine_t' } }), 0, 31],
  ['host of a probe', 'baseline', podOf({}, { livenessProbe: { httpGet: { host: 'h' } } }), 34, 99],
  [
    'seccomp annotation',
    'baseline',
    podOf({}, tight, { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' } }),
    0,
    19,
  ],
  ['seccomp field', 'baseline', inContext({ seccompProfile: { type: 'Unconfined' } }), 19, 99],
  ['no seccomp profile', 'restricted', inContext({ seccompProfile: undefined }), 19, 99],
  ['escalation', 'restricted', inContext({ allowPrivilegeEscalation: undefined }), 8, 99],
  [
    'escalation on Windows',
    'restricted',
    podOf({ os: { name: 'windows' } }, { securityContext: { runAsNonRoot: true } }),
    8,
    25,
  ],
  ['all capabilities', 'restricted', inContext({ capabilities: undefined }), 22, 99],
  ['user 0', 'restricted', inContext({ runAsUser: 0 }), 23, 99],
  [
    'root in users of its own',
    'restricted',
    podOf({ hostUsers: false }, { securityContext: { ...tight.securityContext, runAsNonRoot: false } }),
    0,
    35,
  ],
  [
    'procMount in users of its own',
    'baseline',
    podOf({ hostUsers: false }, { securityContext: { procMount: 'Unmasked' } }),
    0,
    35,
  ],
  [
    'procMount, restricted',
    'restricted',
    podOf({ hostUsers: false }, { securityContext: { ...tight.securityContext, procMount: 'Unmasked' } }),
    0,
    99,
  ],
]

for (const [name, level, pod, from, until] of changes) {
  test(`violations judges ${name} by the version of ${level}`, () => {
    for (let minor = 0; minor <= 36; minor++) {
      const found = violations({ level, version: `v1.${minor}` }, pod)
      assert.equal(found !== undefined, minor >= from && minor < until, `v1.${minor}: ${found?.details}`)
    }
    const newest = violations({ level, version: 'v1.36' }, pod)
    assert.deepEqual(violations({ level, version: 'latest' }, pod), newest)
    assert.deepEqual(violations({ level, version: 'v1.999999999999999999999' }, pod), newest)
  })
}

test('a stricter check stands for the one of the baseline, and is said once', () => {
  const pod = podOf(
    { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
    {
      securityContext: {
        ...tight.securityContext,
        procMount: 'Unmasked',
        capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] },
      },
    },
  )
  assert.deepEqual(violations({ level: 'restricted', version: 'latest' }, pod)?.reasons.split(', '), [
    ...['unrestricted capabilities', 'procMount', 'restricted volume types'],
  ])
  // Before 1.22 the restricted level had the capabilities of the baseline.
  assert.deepEqual(violations({ level: 'restricted', version: 'v1.21' }, pod)?.reasons.split(', '), [
    ...['non-default capabilities', 'procMount', 'restricted volume types'],
  ])
})

let objects: MemoryObjects
beforeEach(() => {
  objects = new MemoryObjects()
})

const hostPid = { hostPID: true, containers: [{ name: 'c', image: 'x' }] }

function label(labels: Record<string, string>): void {
  const prefixed = Object.entries(labels).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value])
  objects.put(coreV1.namespaces, { metadata: { name: 'a', labels: Object.fromEntries(prefixed) } } as never)
}

async function judge(object: object, more: object = {}, options: PodSecurityOptions = standardPodSecurity) {
  const warnings: string[] = []
  const notes: Record<string, string> = {}
  const attributes = {
    ...{ operation: 'CREATE', resource: coreV1.pods, subresource: '', namespace: 'a', name: 'p', oldObject: undefined },
    ...{ user: { name: 'jane', groups: [], extra: {} }, dryRun: false, options: {}, object: object as KubeObject },
    warn: (text: string) => warnings.push(text),
    annotate: (name: string, text: string) => {
      notes[name.replace('pod-security.kubernetes.io/', '')] = text
    },
    ...more,
  }
  let error = ''
  try {
    await podSecurity(objects, options).validate?.(attributes as never)
  } catch (caught) {
    error = (caught as Error).message
  }
  return { error, warnings, notes }
}

test('podSecurity enforces, audits and warns by the labels, each with its own version', async () => {
  label({
    enforce: 'baseline',
    'enforce-version': 'v1.28',
    audit: 'restricted',
    'audit-version': 'v1.7',
    warn: 'restricted',
  })
  const text = 'host namespaces (hostPID=true)'
  const refused = await judge({ metadata: { name: 'p' }, spec: hostPid })
  assert.equal(refused.error, `pods "p" is forbidden: violates PodSecurity "baseline:v1.28": ${text}`)
  assert.deepEqual(refused.warnings, [])
  assert.match(refused.notes['audit-violations'] ?? '', /^would violate PodSecurity "restricted:v1.7": host namespaces/)
  const warned = await judge({ metadata: { name: 'p' }, spec: { ...hostPid, hostPID: false } })
  assert.equal(warned.error, '')
  assert.match(
    warned.warnings[0] ?? '',
    /^would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false/,
  )
  const template = { metadata: { name: 'd' }, spec: { template: { spec: hostPid } } }
  const deployment = await judge(template, { resource: appsV1.deployments as Resource })
  assert.equal(deployment.error, '')
  assert.match(deployment.warnings[0] ?? '', /host namespaces/)
})

test('podSecurity enforces the strictest for a label that it cannot read, and warns of nothing', async () => {
  label({ enforce: 'tight', warn: 'tight' })
  const judged = await judge({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'x' }] } })
  assert.match(judged.error, /violates PodSecurity "restricted:latest"/)
  assert.deepEqual(judged.warnings, [])
})

test('podSecurity exempts by user, namespace and runtime class, and uses the defaults of its configuration', async () => {
  label({})
  const level = { level: 'baseline', version: 'latest' } as const
  const defaults = { enforce: level, audit: level, warn: level }
  const none = standardPodSecurity.exemptions
  const pod = { metadata: { name: 'p' }, spec: { ...hostPid, runtimeClassName: 'vm' } }
  assert.match((await judge(pod, {}, { defaults, exemptions: none })).error, /baseline:latest/)
  for (const [kind, exemptions] of [
    ['user', { ...none, usernames: new Set(['jane']) }],
    ['namespace', { ...none, namespaces: new Set(['a']) }],
    ['runtimeClass', { ...none, runtimeClasses: new Set(['vm']) }],
  ] as const) {
    const { error, warnings, notes } = await judge(pod, {}, { defaults, exemptions })
    assert.deepEqual([error, warnings, notes], ['', [], { exempt: kind }])
  }
})

test('podSecurity warns of existing pods when a namespace becomes stricter', async () => {
  for (const name of ['b', 'a', 'c'])
    objects.put(coreV1.pods, { metadata: { name, namespace: 'a' }, spec: hostPid } as never)
  const namespace = (level: string) => ({
    metadata: { name: 'a', labels: { 'pod-security.kubernetes.io/enforce': level } },
  })
  const change = { operation: 'UPDATE', resource: coreV1.namespaces, name: 'a', oldObject: namespace('privileged') }
  assert.deepEqual((await judge(namespace('baseline'), change)).warnings, [
    'existing pods in namespace "a" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 2 other pods): host namespaces',
  ])
  assert.deepEqual(
    (await judge(namespace('privileged'), { ...change, oldObject: namespace('restricted') })).warnings,
    [],
  )
})
