/** Clears away tokens in Secrets that were made by themselves and that nobody used for a year, looking once a day. */
import {
  accountAnnotations,
  dayOf,
  legacyTokenLabels,
  legacyTokenTracking,
  legacyTokenType,
} from '../../api/legacy-tokens.ts'
import { podReferences } from '../../api/pod-references.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Secret } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, source } from '../../client/controller.ts'
import { ifThere, unless } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { cleanUpOf, tracksLongEnough } from './plan.ts'

const key = 'all'
const lookMs = 86_400_000
export const defaultPeriodMs = 365 * 86_400_000

export function legacyTokenCleaner(
  { client, informers, clock }: ControllerParts,
  { periodMs = defaultPeriodMs }: { periodMs?: number } = {},
): Controller {
  const secrets = informers.of(coreV1.secrets, { fieldSelector: `type=${legacyTokenType}` })
  const accounts = informers.of(coreV1.serviceAccounts)
  const pods = informers.of(coreV1.pods)

  function decide(secret: Secret, used: ReadonlySet<string>, nowMs: number) {
    const { namespace, name, annotations = {} } = secret.metadata
    const account = accounts.get(`${namespace}/${annotations[accountAnnotations.name] ?? ''}`)
    return cleanUpOf(secret, { account, inUse: used.has(`${namespace}/${name}`), nowMs, periodMs })
  }

  async function clean(secret: Secret, used: ReadonlySet<string>): Promise<void> {
    const nowMs = clock.nowMs()
    const { name = '', namespace, uid, resourceVersion } = secret.metadata
    const api = client.of(coreV1.secrets, namespace)
    const decision = decide(secret, used, nowMs)
    if (decision === 'mark') {
      const labels = { [legacyTokenLabels.invalidSince]: dayOf(rfc3339(nowMs)) }
      await unless(['NotFound', 'Conflict'], api.patch(name, { type: 'merge', patch: { metadata: { uid, labels } } }))
    } else if (decision === 'delete') {
      // Whoever used it just now has changed it.
      const preconditions = resourceVersion ? { resourceVersion } : {}
      await unless(['NotFound', 'Conflict'], api.delete(name, { preconditions }))
    }
  }

  return {
    name: 'legacy-serviceaccount-token-cleaner-controller',
    workers: 1,
    sources: [source(secrets, () => []), source(accounts, () => []), source(pods, () => [])],
    start: (queue) => queue.add(key),
    async reconcile() {
      const { namespace, name, key: field } = legacyTokenTracking
      if (secrets.list().length > 0) {
        const tracking = await ifThere(client.of(coreV1.configMaps, namespace).get(name))
        if (tracksLongEnough(tracking?.data?.[field], { nowMs: clock.nowMs(), periodMs })) {
          const used = new Set(
            pods
              .list()
              .flatMap((pod) => [...podReferences(pod).secrets].map((one) => `${pod.metadata.namespace}/${one}`)),
          )
          for (const secret of secrets.list()) await clean(secret, used)
        }
      }
      return { kind: 'requeueAfter', delayMs: lookMs }
    },
  }
}
