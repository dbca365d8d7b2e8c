/** Manifest texts as objects. Apart from applying them, so that a server that has objects needs no YAML parser. */
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../api/meta.ts'
import { ManifestError } from './apply.ts'

/** Objects of a YAML or JSON text with any number of documents; lists are taken apart, empty documents skipped. */
export function parseManifests(text: string): KubeObject[] {
  const objects: KubeObject[] = []
  for (const document of parseAllDocuments(text)) {
    const problem = document.errors[0]
    if (problem) throw new ManifestError(`the manifest is no valid YAML: ${problem.message}`)
    const value: unknown = document.toJS()
    if (value === null || value === undefined) continue
    objects.push(...flatten(value))
  }
  return objects
}

function flatten(value: unknown): KubeObject[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ManifestError('a manifest must be an object with apiVersion, kind and metadata')
  }
  const { apiVersion, kind, metadata, items } = value as {
    apiVersion?: string
    kind?: string
    metadata?: unknown
    items?: unknown
  }
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new ManifestError('a manifest must name its apiVersion and kind')
  }
  if (kind.endsWith('List') && Array.isArray(items)) return items.flatMap(flatten)
  if (typeof metadata !== 'object' || metadata === null) throw new ManifestError(`the ${kind} has no metadata`)
  return [value as KubeObject]
}
