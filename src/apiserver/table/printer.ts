/** What a row printer is. One prints one kind, for every version whose objects have the same fields. */
import type { KubeObject } from '../../api/meta.ts'

/** Says that an object is done, so that `kubectl get` can tell. */
export interface RowCondition {
  type: 'Completed'
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
}

/** Cells in the order of the resource's columns, those of priority above 0 included. */
export type RowPrinter<T extends KubeObject = KubeObject> = (object: T, nowMs: number) => unknown[]

/** By plural. */
export type Printers = Readonly<Record<string, RowPrinter>>

/** A printer of a known kind as one of any kind: the caller pairs it with the right resource. */
export function printer<T extends KubeObject>(print: RowPrinter<T>): RowPrinter {
  return print as RowPrinter
}
