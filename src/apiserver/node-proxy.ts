/**
 * Requests that end at a node or a pod instead of the store: logs, exec, attach, port-forward and the proxies of pods,
 * services and nodes. The API server checks that the caller may and that the object exists; the rest is the proxy's.
 * Implementation: `node-proxy/`.
 */
import type { Duplex } from 'node:stream'
import type { KubeObject } from '../api/meta.ts'
import type { Objects } from './objects.ts'
import type { ApiRequest, ApiResponse, UserInfo } from './request.ts'

export interface ProxyCall {
  resource: 'pods' | 'services' | 'nodes'
  subresource: 'log' | 'exec' | 'attach' | 'portforward' | 'proxy'
  namespace: string
  /** As in the URL: services and pods may carry a scheme and a port (`https:web:443`). */
  name: string
  /** The pod, service or node. */
  object: KubeObject
  /** The path up to the subresource and with it, percent-decoded. */
  base: string
  /** What follows it in the path, percent-decoded, with its leading slash; empty otherwise. */
  path: string
  request: ApiRequest
  user: UserInfo
  /** For finding the pod's node, or the service's endpoints. */
  objects: Objects
}

export interface NodeProxy {
  /** Plain HTTP; the answer's body streams. Throws `ApiError`. */
  request(call: ProxyCall): Promise<ApiResponse>
  /** WebSocket or SPDY. Undefined when the socket was taken over, else the refusal to send. Throws `ApiError`. */
  upgrade(call: ProxyCall, socket: Duplex, head: Uint8Array): Promise<ApiResponse | undefined>
}
