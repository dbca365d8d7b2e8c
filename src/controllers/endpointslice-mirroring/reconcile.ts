/** Keeps mirrored EndpointSlices in step with their Endpoints object, which owns them. */

import { keyOf } from '../../api/meta.ts'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { Endpoints } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { stopwatch } from '../../client/meters.ts'
import { ifThere, isNamespaceTerminating } from '../../client/writes.ts'
import { countSlices, sliceGauges } from '../endpointslice/metrics.ts'
import { managedByLabel, serviceNameLabel } from '../endpointslice/plan.ts'
import { Expectations, notSeenYet } from '../expectations.ts'
import { controllerReference } from '../ownership.ts'
import { addressesPerSubsetMax, isMirrored, type MirrorPlan, mirroredBy, planMirror } from './plan.ts'

const bySource = 'mirrored'

export interface EndpointSliceMirroringOptions {
  /** Addresses of a subset that are mirrored. Default 1,000. */
  addressesMax?: number
}

export function endpointSliceMirroringController(
  parts: ControllerParts,
  { addressesMax = addressesPerSubsetMax }: EndpointSliceMirroringOptions = {},
): Controller {
  const endpoints = parts.informers.of(coreV1.endpoints)
  const services = parts.informers.of(coreV1.services)
  const slices = parts.informers.of(discoveryV1.endpointSlices)
  const expectations = new Expectations(parts.clock, slices)
  slices.addIndex(bySource, (slice) => mirrorKeysOf(slice))

  const { meters, clock } = parts
  const prefix = 'endpoint_slice_mirroring_controller'
  sliceGauges(meters, prefix, () => slices.list().filter((slice) => mirrorKeysOf(slice).length > 0))

  async function reconcile(key: string): Promise<Outcome> {
    const seconds = stopwatch(clock)
    try {
      return await write(key)
    } finally {
      meters?.observe(`${prefix}_endpoints_sync_duration`, [], seconds())
    }
  }

  async function write(key: string): Promise<Outcome> {
    const mirrored = endpoints.get(key)
    if (!isMirrored(mirrored, services.get(key))) {
      expectations.forget(key)
      for (const slice of slices.byIndex(bySource, key)) await remove(parts, slice)
      return done
    }
    if (!expectations.satisfied(key)) return notSeenYet
    const present = slices.byIndex(bySource, key).filter(({ metadata }) => !metadata.deletionTimestamp)
    const plan = planMirror(mirrored, present, addressesMax)
    report(parts, mirrored, plan, addressesMax)
    const api = parts.client.of(discoveryV1.endpointSlices, mirrored.metadata.namespace)
    try {
      for (const slice of plan.create) {
        slice.metadata.ownerReferences = [controllerReference(coreV1.endpoints, mirrored)]
        expectations.created(key, await api.create(slice))
      }
    } catch (error) {
      if (isNamespaceTerminating(error)) return done
      throw error
    }
    for (const slice of plan.update) await api.update(slice)
    for (const slice of plan.delete) await remove(parts, slice)
    countSlices(meters, prefix, plan, present)
    meters?.observe(`${prefix}_addresses_skipped_per_sync`, [], plan.skipped)
    return done
  }

  return {
    name: 'endpointslice-mirroring',
    sources: [
      source(endpoints, ({ object }) => [keyOf(object)]),
      source(services, ({ object }) => (endpoints.get(keyOf(object)) ? [keyOf(object)] : [])),
      source(slices, ({ object }) => mirrorKeysOf(object)),
    ],
    reconcile,
  }
}

function mirrorKeysOf({ metadata }: EndpointSlice): string[] {
  const name = metadata.labels?.[serviceNameLabel]
  return metadata.labels?.[managedByLabel] === mirroredBy && name ? [`${metadata.namespace}/${name}`] : []
}

async function remove({ client }: ControllerParts, { metadata }: EndpointSlice): Promise<void> {
  if (metadata.deletionTimestamp) return
  await ifThere(client.of(discoveryV1.endpointSlices, metadata.namespace).delete(metadata.name ?? ''))
}

function report(
  { events }: ControllerParts,
  object: Endpoints,
  { invalid, skipped }: MirrorPlan,
  addressesMax: number,
): void {
  const recorder = events.as('endpoint-slice-mirroring-controller')
  const about = { resource: coreV1.endpoints, object }
  if (invalid > 0) {
    const message = `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`
    recorder.event(about, 'Warning', 'InvalidIPAddress', message)
  }
  if (skipped > invalid) {
    const message = `A max of ${addressesMax} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`
    recorder.event(about, 'Warning', 'TooManyAddressesToMirror', message)
  }
}
