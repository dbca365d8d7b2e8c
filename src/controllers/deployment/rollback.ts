/**
 * Back to an earlier revision, as old clients ask for it by an annotation. Today's write the old template themselves.
 * Source: `deprecated.deployment.rollback.to`, the round trip of `spec.rollbackTo` of extensions/v1beta1.
 */
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts'
import { byNumber, hashLabel, isCarriedAlong, parseRevision, revisionOf, templateText } from './revisions.ts'

export const rollbackAnnotation = 'deprecated.deployment.rollback.to'

export interface Rollback {
  /** To be written; asks for no rollback any more. */
  deployment: Deployment
  event: { type: 'Normal' | 'Warning'; reason: string; message: string }
}

/** Undefined when nobody asks for one. */
export function planRollback(deployment: Deployment, sets: readonly ReplicaSet[]): Rollback | undefined {
  const asked = parseRevision(deployment.metadata.annotations?.[rollbackAnnotation] ?? '')
  if (asked === undefined) return undefined
  const revision = asked || lastRevision(sets)
  const warn = (reason: string, message: string): Rollback => ({
    deployment: without(deployment),
    event: { type: 'Warning', reason: `DeploymentRollback${reason}`, message },
  })
  if (revision === 0n) return warn('RevisionNotFound', 'Unable to find last revision.')
  const target = sets.find((set) => revisionOf(set) === revision)
  if (!target) return warn('RevisionNotFound', 'Unable to find the revision to rollback to.')
  const { name } = deployment.metadata
  if (templateText(target.spec?.template) === templateText(deployment.spec?.template)) {
    return warn(
      'TemplateUnchanged',
      `The rollback revision contains the same template as current deployment ${JSON.stringify(name)}`,
    )
  }
  const message = `Rolled back deployment ${JSON.stringify(name)} to revision ${revision}`
  return {
    deployment: withTemplateOf(without(deployment), target),
    event: { type: 'Normal', reason: 'DeploymentRollback', message },
  }
}

/** The second highest; 0 when there is none. */
function lastRevision(sets: readonly ReplicaSet[]): bigint {
  const [, second = 0n] = sets.map(revisionOf).sort((one, other) => byNumber(other, one))
  return second
}

function without(deployment: Deployment): Deployment {
  const { [rollbackAnnotation]: _, ...annotations } = deployment.metadata.annotations ?? {}
  return { ...deployment, metadata: { ...deployment.metadata, annotations } }
}

/** With its annotations, so that the cause of the change that it undoes does not stand beside it. */
function withTemplateOf(deployment: Deployment, { metadata, spec }: ReplicaSet): Deployment {
  const { [hashLabel]: _, ...labels } = spec?.template?.metadata?.labels ?? {}
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !isCarriedAlong(key))
  const carried = Object.entries(metadata.annotations ?? {}).filter(([key]) => isCarriedAlong(key))
  return {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: Object.fromEntries([...own, ...carried]) },
    spec: {
      ...deployment.spec,
      selector: deployment.spec?.selector ?? {},
      template: { ...spec?.template, metadata: { ...spec?.template?.metadata, labels } },
    },
  }
}
