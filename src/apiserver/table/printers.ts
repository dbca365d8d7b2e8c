/** The row printer of each built-in resource, whatever its version. */
import type { Printers, RowPrinter } from './printer.ts'
import { appsPrinters } from './printers/apps.ts'
import { autoscalingPrinters } from './printers/autoscaling.ts'
import { batchPrinters } from './printers/batch.ts'
import { corePrinters } from './printers/core.ts'
import { eventsPrinters } from './printers/events.ts'
import { admissionregistrationPrinters, apiextensionsPrinters, apiregistrationPrinters } from './printers/extension.ts'
import { metricsPrinters } from './printers/metrics.ts'
import { discoveryPrinters, networkingPrinters } from './printers/networking.ts'
import {
  coordinationPrinters,
  flowcontrolPrinters,
  nodePrinters,
  policyPrinters,
  schedulingPrinters,
} from './printers/policy.ts'
import { certificatesPrinters, rbacPrinters } from './printers/rbac.ts'
import { resourcePrinters, storagemigrationPrinters, storagePrinters } from './printers/storage.ts'

const groups: Readonly<Record<string, Printers>> = {
  '': corePrinters,
  'admissionregistration.k8s.io': admissionregistrationPrinters,
  'apiextensions.k8s.io': apiextensionsPrinters,
  'apiregistration.k8s.io': apiregistrationPrinters,
  apps: appsPrinters,
  autoscaling: autoscalingPrinters,
  batch: batchPrinters,
  'certificates.k8s.io': certificatesPrinters,
  'coordination.k8s.io': coordinationPrinters,
  'discovery.k8s.io': discoveryPrinters,
  'events.k8s.io': eventsPrinters,
  'flowcontrol.apiserver.k8s.io': flowcontrolPrinters,
  'metrics.k8s.io': metricsPrinters,
  'networking.k8s.io': networkingPrinters,
  'node.k8s.io': nodePrinters,
  policy: policyPrinters,
  'rbac.authorization.k8s.io': rbacPrinters,
  'resource.k8s.io': resourcePrinters,
  'scheduling.k8s.io': schedulingPrinters,
  'storage.k8s.io': storagePrinters,
  'storagemigration.k8s.io': storagemigrationPrinters,
}

/** Undefined for resources that have none: their rows are made from columns alone. */
export function printerOf({ group, plural }: { group: string; plural: string }): RowPrinter | undefined {
  const printers = Object.hasOwn(groups, group) ? groups[group] : undefined
  return printers && Object.hasOwn(printers, plural) ? printers[plural] : undefined
}
