/** Which endpoint serves what the generic ones do not. */
import type { Duplex } from 'node:stream'
import { groupResource } from '../../api/meta.ts'
import type { NodeProxy } from '../node-proxy.ts'
import type { ApiResponse } from '../request.ts'
import type { Served } from '../scheme/served.ts'
import { usageEndpoints, usageGroup } from '../usage/endpoints.ts'
import { bindingEndpoint, podBindingEndpoint } from './binding.ts'
import { getComponentStatus, listComponentStatuses } from './component-status.ts'
import { connectEndpoint, connectUpgrade } from './connect.ts'
import { evictionEndpoint } from './eviction.ts'
import type { Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { patchEndpoint } from './patch.ts'
import { getEndpoint } from './read.ts'
import type { Endpoint, SpecialEndpoints } from './router.ts'
import { scaleEndpoint } from './scale.ts'
import { type VirtualResources, virtualEndpoint } from './virtual.ts'
import { updateEndpoint } from './write.ts'

export interface SpecialWithUpgrade extends SpecialEndpoints {
  /** Whether requests to the subresource may be upgraded. */
  isStream(subresource: string): boolean
  upgrade(
    parts: EndpointParts,
    proxy: NodeProxy,
    exchange: Exchange,
    socket: Duplex,
    head: Uint8Array,
  ): Promise<ApiResponse | undefined>
}

const connects: ReadonlySet<string> = new Set([
  'pods/log',
  'pods/exec',
  'pods/attach',
  'pods/portforward',
  'pods/proxy',
  'services/proxy',
  'nodes/proxy',
])

const streams: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy'])

const objectVerbs: Readonly<Record<string, Endpoint>> = {
  get: getEndpoint,
  update: updateEndpoint,
  patch: patchEndpoint,
}

export function specialEndpoints(parts: { virtual?: VirtualResources; nodeProxy?: NodeProxy }): SpecialWithUpgrade {
  const usage = parts.nodeProxy && usageEndpoints(parts.nodeProxy)
  return {
    find(served, subresource, verb) {
      const name = nameOf(served, subresource)
      if (served.resource.group === usageGroup && !served.custom) return usage?.(verb)
      if (connects.has(name)) return connectEndpoint(parts.nodeProxy)
      const virtual = parts.virtual?.get(name)
      if (virtual && verb === 'create') return virtualEndpoint(virtual, subresource)
      if (name === 'bindings') return bindingEndpoint
      if (name === 'componentstatuses') return verb === 'get' ? getComponentStatus : listComponentStatuses
      if (name === 'pods/binding') return podBindingEndpoint
      if (name === 'pods/eviction') return evictionEndpoint
      if (subresource === 'scale') return scaleEndpoint(verb)
      return subresource !== '' && served.strategy.subresources?.[subresource] ? objectVerbs[verb] : undefined
    },
    isStream: (subresource) => streams.has(subresource),
    upgrade: connectUpgrade,
  }
}

function nameOf({ resource }: Served, subresource: string): string {
  const name = groupResource(resource)
  return subresource === '' ? name : `${name}/${subresource}`
}
