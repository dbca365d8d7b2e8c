/**
 * Random worlds and questions, put to the fast authorizers and to the plain one:
 *
 *   node src/apiserver/authorization/testbed/compare.ts [cases] [seed]
 */
import type { KubeObject, Resource } from '../../../api/meta.ts'
import { coreV1, rbacV1 } from '../../../api/resources.ts'
import type { PolicyRule, Subject } from '../../../api/types/rbac/v1.ts'
import type { Random } from '../../../platform/random.ts'
import { simulatedRandom } from '../../../platform/simulated/random.ts'
import type { AuthorizationAttributes } from '../../authorize.ts'
import { MemoryObjects } from '../../testbed/memory-objects.ts'
import { AuthorizerChain, type Decision } from '../decision.ts'
import { NodeAuthorizer } from '../node.ts'
import { NodeGraph } from '../node-graph.ts'
import { Rbac } from '../rbac.ts'
import { isAllowed, type World } from './brute-force.ts'

export interface Comparison {
  cases: number
  allowed: number
  /** The first question on which they differ. */
  difference?: { asked: AuthorizationAttributes; fast: Decision; plain: boolean; world: World }
}

const kinds = {
  clusterRoles: rbacV1.clusterRoles,
  roles: rbacV1.roles,
  clusterRoleBindings: rbacV1.clusterRoleBindings,
  roleBindings: rbacV1.roleBindings,
  pods: coreV1.pods,
  volumes: coreV1.persistentVolumes,
} as unknown as Readonly<Record<keyof World, Resource>>
const questionsPerChange = 8
const names = ['a', 'b', 'c']
const namespaces = ['x', 'y']
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'impersonate']
const resources = ['pods', 'secrets', 'configmaps', 'persistentvolumeclaims', 'persistentvolumes', 'serviceaccounts']
const subresources = ['status', 'token', 'eviction', 'scale']
const groups = ['', 'apps']
const paths = ['/healthz', '/healthz/ping', '/metrics', '/']
const users = [
  'ann',
  'bob',
  'system:serviceaccount:x:a',
  'system:serviceaccount:y:b',
  'system:node:a',
  'system:node:b',
  'system:node:',
]
const userGroups = ['dev', 'ops', 'system:nodes', 'system:nodes', 'system:masters ']

export async function compare(cases: number, seed: string): Promise<Comparison> {
  const random = simulatedRandom(seed)
  const maker = new Maker(random)
  const objects = new MemoryObjects()
  const [rbac, graph] = [new Rbac(), new NodeGraph()]
  await Promise.all([rbac.start(objects), graph.start(objects)])
  const chain = new AuthorizerChain([new NodeAuthorizer(graph, []), rbac])
  const world: World = { clusterRoles: [], roles: [], clusterRoleBindings: [], roleBindings: [], pods: [], volumes: [] }
  let allowed = 0
  for (let number = 0; number < cases; number++) {
    if (number % questionsPerChange === 0) change(world, objects, maker)
    const asked = maker.question()
    const fast = chain.decide(asked) as Decision
    const plain = isAllowed(world, asked)
    if ((fast.kind === 'allow') !== plain) return { cases: number, allowed, difference: { asked, fast, plain, world } }
    if (plain) allowed++
  }
  return { cases, allowed }
}

/** Puts or removes one object, in the world and where the fast ones follow it. */
function change(world: World, objects: MemoryObjects, maker: Maker): void {
  const kind = maker.one(Object.keys(kinds) as (keyof World)[])
  const object = maker.object(kind)
  const list = world[kind] as KubeObject[]
  const isSame = ({ metadata }: KubeObject) =>
    metadata.name === object.metadata.name && metadata.namespace === object.metadata.namespace
  const at = list.findIndex(isSame)
  if (at >= 0 && maker.chance(0.4)) {
    list.splice(at, 1)
    const { namespace, name } = object.metadata
    objects.remove(kinds[kind], namespace ? `${namespace}/${name}` : `${name}`)
    return
  }
  if (at >= 0) list[at] = object
  else list.push(object)
  objects.put(kinds[kind], object)
}

class Maker {
  readonly #random: Random
  #uid = 0

  constructor(random: Random) {
    this.#random = random
  }

  one<T>(from: readonly T[]): T {
    return from[this.#random.int(from.length)]!
  }

  chance(probability: number): boolean {
    return this.#random.float() < probability
  }

  some(from: readonly string[], starred = 0.1): string[] {
    if (this.chance(starred)) return ['*']
    return from.filter(() => this.chance(0.45))
  }

  question(): AuthorizationAttributes {
    const user = { name: this.one(users), groups: userGroups.filter(() => this.chance(0.4)), extra: {} }
    const none = { apiGroup: '', apiVersion: '', resource: '', subresource: '', namespace: '', name: '' }
    const verb = this.one(verbs)
    if (this.chance(0.1)) return { user, verb, isResourceRequest: false, ...none, path: this.one(paths) }
    return {
      ...{ user, verb, isResourceRequest: true, apiVersion: 'v1', path: '' },
      apiGroup: this.chance(0.9) ? '' : 'apps',
      resource: this.one(resources),
      subresource: this.chance(0.6) ? '' : this.one(subresources),
      namespace: this.chance(0.8) ? this.one(namespaces) : '',
      name: this.chance(0.8) ? this.one(names) : '',
    }
  }

  object(kind: keyof World): KubeObject {
    const isLocal = kind === 'roles' || kind === 'roleBindings' || kind === 'pods'
    const uid = String(this.#uid++)
    const metadata = { name: this.one(names), uid, ...(isLocal ? { namespace: this.one(namespaces) } : {}) }
    switch (kind) {
      case 'clusterRoles':
      case 'roles':
        return { metadata, rules: [this.#rule(), this.#rule()].slice(this.#random.int(2)) } as KubeObject
      case 'clusterRoleBindings':
        return {
          metadata,
          roleRef: { kind: 'ClusterRole', name: this.one(names) },
          subjects: this.#subjects(),
        } as KubeObject
      case 'roleBindings': {
        const roleRef = { kind: this.one(['ClusterRole', 'Role']), name: this.one(names) }
        return { metadata, roleRef, subjects: this.#subjects() } as KubeObject
      }
      case 'pods':
        return { metadata: { ...metadata, ...this.#mirror() }, spec: this.#podSpec() } as KubeObject
      case 'volumes':
        return { metadata, spec: this.#volumeSpec() } as KubeObject
    }
  }

  #rule(): PolicyRule {
    if (this.chance(0.15)) return { verbs: this.some(verbs), nonResourceURLs: this.some([...paths, '/healthz*']) }
    const all = [...resources, ...resources.map((one) => `${one}/${this.one(subresources)}`), '*/scale']
    const rule: PolicyRule = { verbs: this.some(verbs), apiGroups: this.some(groups), resources: this.some(all) }
    return this.chance(0.3) ? { ...rule, resourceNames: this.some(names, 0) } : rule
  }

  #subjects(): Subject[] {
    const account: Subject = { kind: 'ServiceAccount', name: this.one(names) }
    if (this.chance(0.7)) account.namespace = this.one(namespaces)
    const all: Subject[] = [
      { kind: 'User', name: this.one(users) },
      { kind: 'Group', name: this.one(userGroups) },
      account,
    ]
    return all.filter(() => this.chance(0.5))
  }

  #mirror(): object {
    return this.chance(0.2) ? { annotations: { 'kubernetes.io/config.mirror': 'x' } } : {}
  }

  #podSpec(): object {
    const volume = this.one([
      () => ({ secret: { secretName: this.one(names) } }),
      () => ({ configMap: { name: this.one(names) } }),
      () => ({ persistentVolumeClaim: { claimName: this.one(names) } }),
    ])
    return {
      containers: [],
      serviceAccountName: this.one(names),
      ...(this.chance(0.8) ? { nodeName: this.one(names) } : {}),
      imagePullSecrets: this.chance(0.3) ? [{ name: this.one(names) }] : [],
      volumes: [{ name: 'v', ...volume() }],
    }
  }

  #volumeSpec(): object {
    const secret = { nodeStageSecretRef: { namespace: this.one(namespaces), name: this.one(names) } }
    return {
      csi: { driver: 'd', volumeHandle: 'h', ...(this.chance(0.5) ? secret : {}) },
      ...(this.chance(0.8) ? { claimRef: { namespace: this.one(namespaces), name: this.one(names) } } : {}),
    }
  }
}

if (import.meta.main) {
  const [cases = '1000000', seed = 'authorization'] = process.argv.slice(2)
  const result = await compare(Number(cases), seed)
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
  process.exitCode = result.difference ? 1 : 0
}
