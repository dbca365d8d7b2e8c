/** A finalizer that keeps an object until nothing uses it any more. https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection */

import type { KubeObject, Resource } from '../api/meta.ts'
import type { Client } from '../client/client.ts'
import { done, type Outcome } from '../client/controller.ts'
import { ifThere } from '../client/writes.ts'

export interface Protection {
  client: Client
  resource: Resource
  finalizer: string
  /** Asked only about an object that is being deleted. */
  inUse(): boolean | Promise<boolean>
}

/** Puts the finalizer on an object, or takes it off one that is being deleted once nothing uses it. */
export async function protect(object: KubeObject, protection: Protection): Promise<Outcome> {
  const { finalizer } = protection
  const { deletionTimestamp, finalizers = [] } = object.metadata
  const present = finalizers.includes(finalizer)
  if (!deletionTimestamp && !present) return write(object, protection, [...finalizers, finalizer])
  if (!deletionTimestamp || !present || (await protection.inUse())) return done
  return write(
    object,
    protection,
    finalizers.filter((one) => one !== finalizer),
  )
}

async function write(
  object: KubeObject,
  { client, resource }: Protection,
  finalizers: readonly string[],
): Promise<Outcome> {
  const metadata = { ...object.metadata, finalizers: [...finalizers] }
  await ifThere(client.of(resource, metadata.namespace).update({ ...object, metadata }))
  return done
}
