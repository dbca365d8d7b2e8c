/** Between versions of a kind that have the same fields: only the name of the version differs. */
import type { KubeObject } from '../meta.ts'

export interface VersionNames {
  served: string
  stored: string
}

/** `apiVersion`s. Both directions return a new object that shares the parts of the given one. */
export function sameFieldsConversion({ served, stored }: VersionNames) {
  return {
    toStored: (object: KubeObject): KubeObject => ({ ...object, apiVersion: stored }),
    fromStored: (object: KubeObject): KubeObject => ({ ...object, apiVersion: served }),
  }
}
