/**
 * Asks a web service about the images of new pods, and keeps its answers for a while.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#imagepolicywebhook
 */
import type { Pod } from '../../api/types/core/v1.ts'
import type { ClusterAccess } from '../../client/kubeconfig.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Net } from '../../platform/net.ts'
import type { AdmissionAttributes } from '../admission.ts'
import { boundedRequest, jsonOf } from '../webhook/bounded.ts'
import { type AdmissionPlugin, forbid, isFor } from './plugin.ts'

export interface ImagePolicyOptions {
  /** Where to ask, and as whom. */
  access: Pick<ClusterAccess, 'server' | 'tls' | 'token'>
  /** How long a yes is kept. Default 5 minutes. */
  allowMs?: number
  /** How long a no is kept. Default 30 seconds. */
  denyMs?: number
  /** Between two attempts. Default 500; it doubles. */
  retryMs?: number
  /** Whether images are fine when nobody answers. Default false. */
  defaultAllow?: boolean
}

interface Status {
  allowed: boolean
  reason?: string
  auditAnnotations?: Record<string, string>
}

const answersMax = 1024
const attemptsMax = 5
const timeoutMs = 30_000

export function imagePolicyWebhook(options: ImagePolicyOptions, parts: { net: Net; clock: Clock }): AdmissionPlugin {
  const answers = new Map<string, { status: Status; untilMs: number }>()
  const ask = async (spec: object): Promise<Status> => {
    const key = JSON.stringify(spec)
    const known = answers.get(key)
    if (known && known.untilMs > parts.clock.monotonicMs()) return known.status
    const status = await review(options, parts, key)
    const keptMs = status.allowed ? (options.allowMs ?? 300_000) : (options.denyMs ?? 30_000)
    answers.delete(key)
    answers.set(key, { status, untilMs: parts.clock.monotonicMs() + keptMs })
    const [oldest] = answers.keys()
    if (answers.size > answersMax && oldest !== undefined) answers.delete(oldest)
    return status
  }
  return {
    name: 'ImagePolicyWebhook',
    async validate(attributes) {
      const spec = reviewed(attributes)
      if (!spec) return
      const status = await ask(spec).catch((error: Error) => {
        attributes.annotate?.('imagepolicywebhook.image-policy.k8s.io/failed-open', String(!!options.defaultAllow))
        if (options.defaultAllow) return undefined
        throw forbid(attributes, error.message)
      })
      if (status) judge(attributes, status)
    },
  }
}

function judge(attributes: AdmissionAttributes, { allowed, reason, auditAnnotations = {} }: Status): void {
  for (const [name, value] of Object.entries(auditAnnotations)) {
    if (typeof value === 'string') attributes.annotate?.(`imagepolicywebhook.image-policy.k8s.io/${name}`, value)
  }
  if (allowed) return
  const why = reason
    ? `image policy webhook backend denied one or more images: ${reason}`
    : 'one or more images rejected by webhook backend'
  throw forbid(attributes, why)
}

/** What is asked about; undefined when nothing is. */
function reviewed(attributes: AdmissionAttributes): object | undefined {
  const { resource, subresource, operation } = attributes
  const isDebug =
    resource.group === '' &&
    resource.plural === 'pods' &&
    subresource === 'ephemeralcontainers' &&
    operation === 'UPDATE'
  if (!isDebug && !isFor(attributes, 'pods', 'CREATE', 'UPDATE')) return undefined
  const { metadata, spec } = attributes.object as Pod
  const lists = isDebug ? [spec?.ephemeralContainers] : [spec?.containers, spec?.initContainers]
  const containers = lists.flatMap((list) => list ?? []).map(({ image = '' }) => ({ image }))
  const named = Object.entries(metadata.annotations ?? {}).filter(([name]) => name.includes('.image-policy.k8s.io/'))
  return {
    containers,
    ...(named.length > 0 ? { annotations: Object.fromEntries(named) } : {}),
    namespace: attributes.namespace,
  }
}

async function review(
  { access, retryMs = 500 }: ImagePolicyOptions,
  parts: { net: Net; clock: Clock },
  spec: string,
): Promise<Status> {
  const body = `{"kind":"ImageReview","apiVersion":"imagepolicy.k8s.io/v1alpha1","metadata":{},"spec":${spec},"status":{"allowed":false}}`
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(access.token ? { authorization: `Bearer ${access.token}` } : {}),
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const reply = await boundedRequest(parts, {
        ...{ method: 'POST', url: access.server, headers, body, timeoutMs },
        ...(access.tls ? { tls: access.tls } : {}),
        answerBytesMax: limits.webhookAnswerBytesMax,
      })
      return statusOf(jsonOf(reply))
    } catch (error) {
      if (attempt >= attemptsMax) throw error
      await parts.clock.sleep(retryMs * 2 ** (attempt - 1))
    }
  }
}

function statusOf(answer: unknown): Status {
  const { status } = (answer ?? {}) as { status?: Partial<Status> }
  return { ...status, allowed: status?.allowed === true }
}
