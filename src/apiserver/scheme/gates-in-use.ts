/** Which feature gates this server does something by; the others are known, and said to change nothing. */
import { groupVersionInfos } from '../../api/schema/registry.ts'
import type { TypeNode } from '../../api/schema/type-node.ts'
import { featureGates, type Gates, gatedResources } from './feature-gates.ts'
import { typeOfKind } from './scheme.ts'

/** What no field's line in the schema says. */
const inCode = [
  'ConstrainedImpersonation',
  'CrossNamespaceVolumeDataSource',
  'DRADeviceTaintRules',
  'HPAScaleToZero',
  'MutablePVNodeAffinity',
  'SELinuxMount',
  'TaintTolerationComparisonOperators',
  'UserNamespacesHostNetworkSupport',
]

/** Reads every type that is declared: to be called for who asks for gates only. */
export function gatesInUse(): ReadonlySet<string> {
  const names = new Set([...inCode, ...Object.keys(gatedResources)])
  const seen = new Set<TypeNode>()
  const collect = (type: TypeNode): void => {
    if (type.kind === 'list') return collect(type.element)
    if (type.kind === 'map') return collect(type.value)
    if (type.kind === 'scalar' || seen.has(type)) return
    seen.add(type)
    for (const { gate, type: below } of type.fields.values()) {
      if (gate) names.add(gate.name)
      collect(below)
    }
  }
  for (const { resources } of groupVersionInfos()) for (const { body } of resources) collect(typeOfKind(body))
  return names
}

/** Gates that are not as they are by default, and change nothing here. */
export function idleGates(gates: Gates): string[] {
  const changed = [...featureGates].filter(([name, gate]) => gates.get(name) !== gate.default).map(([name]) => name)
  if (changed.length === 0) return []
  const used = gatesInUse()
  return changed.filter((name) => !used.has(name))
}
