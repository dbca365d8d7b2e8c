/**
 * Pods of a namespace run on its nodes only: those that the namespace's annotation names, or the file's default.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podnodeselector
 */
import { forbidden, internalError, notFound } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, isFor } from './plugin.ts'

type Labels = ReadonlyMap<string, string>

const annotation = 'scheduler.alpha.kubernetes.io/node-selector'
const defaultKey = 'clusterDefaultNodeSelector'

/** `selectors`: what pods of a namespace may ask for at most, and by the name `clusterDefaultNodeSelector` what others get. */
export function podNodeSelector(objects: Objects, selectors: ReadonlyMap<string, string> = new Map()): AdmissionPlugin {
  const parsed = new Map([...selectors].map(([name, text]) => [name, parseLabels(text)]))
  const check = async (attributes: AdmissionAttributes): Promise<Labels> => {
    const wanted = await namespaceSelector(objects, attributes, parsed.get(defaultKey) ?? new Map())
    const own = (attributes.object as Pod).spec?.nodeSelector ?? {}
    if (Object.entries(own).some(([key, value]) => wanted.has(key) && wanted.get(key) !== value)) {
      throw refused(attributes, 'pod node label selector conflicts with its namespace node label selector')
    }
    return wanted
  }
  const checkAllowed = (attributes: AdmissionAttributes) => {
    const allowed = parsed.get(attributes.namespace)
    if (!allowed || allowed.size === 0) return
    const own = Object.entries((attributes.object as Pod).spec?.nodeSelector ?? {})
    if (own.every(([key, value]) => allowed.get(key) === value)) return
    throw refused(attributes, 'pod node label selector labels conflict with its namespace whitelist')
  }
  return {
    name: 'PodNodeSelector',
    async mutate(attributes) {
      if (!isFor(attributes, 'pods', 'CREATE')) return
      const wanted = await check(attributes)
      const { spec } = attributes.object as Pod
      if (spec && wanted.size > 0) spec.nodeSelector = { ...Object.fromEntries(wanted), ...spec.nodeSelector }
      checkAllowed(attributes)
    },
    async validate(attributes) {
      if (!isFor(attributes, 'pods', 'CREATE')) return
      await check(attributes)
      checkAllowed(attributes)
    },
  }
}

async function namespaceSelector(
  objects: Objects,
  { namespace }: AdmissionAttributes,
  otherwise: Labels,
): Promise<Labels> {
  const found = await objects.get(coreV1.namespaces, namespace)
  if (!found) throw notFound(coreV1.namespaces, namespace)
  const text = found.metadata.annotations?.[annotation]
  if (text === undefined) return otherwise
  try {
    return parseLabels(text)
  } catch (error) {
    throw internalError(error)
  }
}

/** `a=b,c=d`. Throws for anything else. */
export function parseLabels(text: string): Labels {
  const pairs = text
    .split(',')
    .filter((pair) => text !== '' && pair !== undefined)
    .map((pair) => pair.split('=').map((side) => side.trim()))
  const bad = pairs.find((sides) => sides.length !== 2)
  if (bad) throw new Error(`invalid selector: [${bad.join('=')}]`)
  return new Map(pairs.map(([key = '', value = '']) => [key, value]))
}

function refused({ object }: AdmissionAttributes, why: string) {
  return forbidden(coreV1.pods, object?.metadata.name ?? '', why)
}
