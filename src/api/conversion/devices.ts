/**
 * resource.k8s.io/v1beta1 is stored as v1: what v1 groups under `exactly` stands in a v1beta1 request itself, and what
 * stands in a v1 device itself is grouped under `basic` in v1beta1. Source: KEP-4381 (structured parameters).
 */
import type { KubeObject } from '../meta.ts'

type Plain = Record<string, unknown>

const served = 'resource.k8s.io/v1beta1'
const stored = 'resource.k8s.io/v1'
/** Of a v1beta1 request, besides those that both versions have. */
const exactFields: ReadonlySet<string> = new Set([
  ...['deviceClassName', 'selectors', 'allocationMode', 'count', 'adminAccess', 'tolerations', 'capacity'],
])

export const deviceConversion = {
  toStored: (object: KubeObject): KubeObject => converted(object, stored, requestToStored, deviceToStored),
  fromStored: (object: KubeObject): KubeObject => converted(object, served, requestFromStored, deviceFromStored),
}

/** A new object that shares the parts that do not differ. */
function converted(
  object: KubeObject,
  apiVersion: string,
  request: (from: Plain) => Plain,
  device: (from: Plain) => Plain,
): KubeObject {
  const { spec } = object as KubeObject & { spec?: Plain }
  if (!spec) return { ...object, apiVersion }
  return { ...object, apiVersion, spec: convertedSpec(spec, request, device) } as KubeObject
}

/** Of a claim, of a template around a claim, or of a slice. */
function convertedSpec(spec: Plain, request: (from: Plain) => Plain, device: (from: Plain) => Plain): Plain {
  if (isPlain(spec.spec)) return { ...spec, spec: convertedSpec(spec.spec, request, device) }
  const { devices } = spec
  if (Array.isArray(devices)) return { ...spec, devices: devices.map((each) => device(each as Plain)) }
  if (!isPlain(devices) || !Array.isArray(devices.requests)) return spec
  return { ...spec, devices: { ...devices, requests: devices.requests.map((each) => request(each as Plain)) } }
}

function requestToStored(request: Plain): Plain {
  const exactly = Object.entries(request).filter(([name]) => exactFields.has(name))
  if (exactly.length === 0) return request
  // What says nothing makes no choice: one of the two is missing then.
  const says = exactly.some(([, value]) => value !== undefined && value !== null && value !== '' && value !== 0)
  const others = Object.entries(request).filter(([name]) => !exactFields.has(name))
  return Object.fromEntries(says ? [...others, ['exactly', Object.fromEntries(exactly)]] : others)
}

function requestFromStored({ exactly, ...others }: Plain): Plain {
  return isPlain(exactly) ? { ...others, ...exactly } : others
}

function deviceToStored({ basic, ...device }: Plain): Plain {
  return isPlain(basic) ? { ...device, ...basic } : device
}

function deviceFromStored({ name, ...basic }: Plain): Plain {
  return { ...(name === undefined ? {} : { name }), basic }
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
