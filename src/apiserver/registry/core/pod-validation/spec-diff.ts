/** The difference that a refused pod update shows. */
import type { PodSpec } from '../../../../api/types/core/v1.ts'
import { part } from '../../../../platform/turn.ts'
import { goStruct } from '../../validation/go-struct.ts'
import { structDiff } from '../../validation/struct-diff.ts'

export function podSpecDiff(before: PodSpec, after: PodSpec): string {
  const [old, wanted] = [part(5_000, () => goPodSpec(before)), part(5_000, () => goPodSpec(after))]
  return part(10_000, () => structDiff(old, wanted))
}

/** Upstream keeps the host's namespaces in the security context. */
export function goPodSpec(spec: PodSpec): unknown {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec
  const hosts = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers }
  return goStruct('PodSpec', { ...spec, securityContext: { ...hosts, ...spec.securityContext } })
}
