/** Gives each pod a service account, and its containers the token of it (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/). */

import { podReferences } from '../../api/pod-references.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Container, Pod, ServiceAccount, Volume } from '../../api/types/core/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import { nameSuffix, type Random } from '../../platform/random.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, forbid, impossibleName, isFor } from './plugin.ts'

const mirrorAnnotation = 'kubernetes.io/config.mirror'
const enforceMountableAnnotation = 'kubernetes.io/enforce-mountable-secrets'
const volumePrefix = 'kube-api-access-'
const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Recognised when the token is requested: it is then good for a year, see `token-request.ts`. */
const tokenExpirationSeconds = 3607
/** The `default` account of a new namespace is made by a controller: wait this long for it. */
const defaultAccountWaitMs = 2_000

export interface ServiceAccountParts {
  objects: Objects
  clock: Clock
  random: Random
}

export function serviceAccount({ objects, clock, random }: ServiceAccountParts): AdmissionPlugin {
  const accounts = new Accounts(objects, clock)
  return {
    name: 'ServiceAccount',
    resources: ['pods'],
    async mutate(attributes) {
      if (!isFor(attributes, 'pods', 'CREATE')) return
      const pod = attributes.object as Pod
      if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) {
        refuseMirrorReferences(attributes, pod)
        return
      }
      const spec = pod.spec!
      spec.serviceAccountName ||= spec.serviceAccount || 'default'
      spec.serviceAccount = spec.serviceAccountName
      const account = await accounts.of(attributes, spec.serviceAccountName)
      if (automounts(pod, account)) mountToken(pod, random)
      if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
        spec.imagePullSecrets = structuredClone(account.imagePullSecrets)
      }
    },
    async validate(attributes) {
      const { resource, subresource, operation } = attributes
      const isDebug = resource.group === '' && resource.plural === 'pods' && subresource === 'ephemeralcontainers'
      if (!isFor(attributes, 'pods', 'CREATE') && !(isDebug && operation === 'UPDATE')) return
      const pod = attributes.object as Pod
      if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) {
        refuseMirrorReferences(attributes, pod)
        return
      }
      const account = await accounts.of(attributes, pod.spec?.serviceAccountName ?? '')
      if (account.metadata.annotations?.[enforceMountableAnnotation] === 'true')
        refuseForeignSecrets(attributes, isDebug ? debugPart(pod) : pod, account)
    },
  }
}

/** What a debug container brings: the rest was judged when the pod came. */
function debugPart({ metadata, spec }: Pod): Pod {
  return { metadata, spec: { containers: [], ephemeralContainers: spec?.ephemeralContainers ?? [] } }
}

/** Finds accounts, and waits for one that is about to be made. */
class Accounts {
  readonly #objects: Objects
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<() => void>>()
  #following: Promise<void> | undefined

  constructor(objects: Objects, clock: Clock) {
    this.#objects = objects
    this.#clock = clock
  }

  async of(attributes: AdmissionAttributes, name: string): Promise<ServiceAccount> {
    const key = `${attributes.namespace}/${name}`
    const account = await this.#objects.get(coreV1.serviceAccounts, key)
    const found = account ?? (name === 'default' ? await this.#awaited(key) : undefined)
    if (found) return found
    throw forbid(
      attributes,
      `error looking up service account ${key}: ${impossibleName(name) ?? `serviceaccount ${JSON.stringify(name)} not found`}`,
    )
  }

  async #awaited(key: string): Promise<ServiceAccount | undefined> {
    this.#following ??= this.#objects.follow(coreV1.serviceAccounts, {
      put: ({ metadata }) => this.#tell(`${metadata.namespace}/${metadata.name}`),
      gone() {},
    })
    await this.#following
    const known = await this.#objects.get(coreV1.serviceAccounts, key)
    if (known) return known
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(defaultAccountWaitMs, () => {
        const waiting = this.#waiting.get(key)
        waiting?.delete(wake)
        if (waiting?.size === 0) this.#waiting.delete(key)
        resolve()
      })
      const wake = () => {
        cancel()
        resolve()
      }
      this.#waiting.set(key, (this.#waiting.get(key) ?? new Set()).add(wake))
    })
    return await this.#objects.get(coreV1.serviceAccounts, key)
  }

  #tell(key: string): void {
    const waiting = this.#waiting.get(key)
    this.#waiting.delete(key)
    for (const wake of waiting ?? []) wake()
  }
}

function automounts({ spec }: Pod, account: ServiceAccount): boolean {
  return spec?.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
}

/** A volume of ours that is already there (a pod copied from a running one) is used again. */
function mountToken({ spec }: Pod, random: Random): void {
  if (!spec) return
  const present = spec.volumes?.find(({ name }) => name?.startsWith(volumePrefix))
  const name = present?.name ?? volumePrefix + nameSuffix(random)
  const mounted = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter((container) =>
    addMount(container, name),
  )
  if (!present && mounted.length > 0) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)]
}

/** False when the container already mounts something there. */
function addMount(container: Container, name: string): boolean {
  if (container.volumeMounts?.some(({ mountPath }) => mountPath === tokenMountPath)) return false
  container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenMountPath }]
  return true
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenExpirationSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  }
}

function refuseMirrorReferences(attributes: AdmissionAttributes, pod: Pod): void {
  if (pod.spec?.serviceAccountName) throw forbid(attributes, 'a mirror pod may not reference service accounts')
  if (podReferences(pod).secrets.size > 0) throw forbid(attributes, 'a mirror pod may not reference secrets')
  for (const volume of pod.spec?.volumes ?? []) {
    const sources = volume.projected?.sources ?? []
    if (sources.some((source) => source.serviceAccountToken)) {
      throw forbid(attributes, 'a mirror pod may not use ServiceAccountToken volume projections')
    }
  }
}

function refuseForeignSecrets(attributes: AdmissionAttributes, pod: Pod, account: ServiceAccount): void {
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name))
  const why = (what: string) =>
    `${what} is not allowed because service account ${account.metadata.name} does not reference that secret`
  for (const { secret } of pod.spec?.volumes ?? []) {
    if (!secret || mountable.has(secret.secretName)) continue
    throw forbid(attributes, why(`volume with secret.secretName="${secret.secretName}"`))
  }
  for (const [kind, containers] of [
    ['init container', pod.spec?.initContainers ?? []],
    ['container', pod.spec?.containers ?? []],
    ['ephemeral container', pod.spec?.ephemeralContainers ?? []],
  ] as const) {
    for (const container of containers) {
      const foreign = foreignSecret(container, mountable)
      if (foreign !== undefined) throw forbid(attributes, why(`${kind} ${container.name} with ${foreign}`))
    }
  }
  const pullable = new Set((account.imagePullSecrets ?? []).map(({ name }) => name))
  for (const [index, { name }] of (pod.spec?.imagePullSecrets ?? []).entries()) {
    if (pullable.has(name)) continue
    const tail = `is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`
    throw forbid(attributes, `imagePullSecrets[${index}].name="${name}" ${tail}`)
  }
}

/** The first reference of a container's environment to a secret that is not listed, in words. */
function foreignSecret(
  { env = [], envFrom = [] }: Pick<Container, 'env' | 'envFrom'>,
  mountable: ReadonlySet<string | undefined>,
): string | undefined {
  for (const { name, valueFrom } of env) {
    const secret = valueFrom?.secretKeyRef?.name
    if (secret !== undefined && !mountable.has(secret))
      return `envVar ${name} referencing secret.secretName="${secret}"`
  }
  for (const { secretRef } of envFrom) {
    const secret = secretRef?.name
    if (secret !== undefined && !mountable.has(secret)) return `envFrom referencing secret.secretName="${secret}"`
  }
  return undefined
}
