/** Publishes the cluster's CA bundle in every namespace, where pods mount it to verify the API server. */
import { ApiError } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import type { ConfigMap } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { stopwatch } from '../../client/meters.ts'

const name = 'kube-root-ca.crt'
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

export function rootCaController(parts: ControllerParts, { rootCaPem }: { rootCaPem: string }): Controller {
  const namespaces = parts.informers.of(coreV1.namespaces)
  const maps = parts.informers.of(coreV1.configMaps, { fieldSelector: `metadata.name=${name}` })

  async function write(namespace: string, present: ConfigMap | undefined): Promise<void> {
    const api = parts.client.of(coreV1.configMaps, namespace)
    const annotations = { ...present?.metadata.annotations, 'kubernetes.io/description': description }
    const wanted: ConfigMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...present?.metadata, name, namespace, annotations },
      data: { 'ca.crt': rootCaPem },
    }
    await (present ? api.update(wanted) : api.create(wanted))
  }

  return {
    name: 'root-ca-certificate-publisher',
    sources: [
      source(namespaces, ({ object }) => [object.metadata.name ?? '']),
      source(maps, ({ object }) => [object.metadata.namespace ?? '']),
    ],
    async reconcile(namespace) {
      const owner = namespaces.get(namespace)
      if (!owner || owner.status?.phase === 'Terminating') return done
      const present = maps.get(`${namespace}/${name}`)
      const keys = Object.keys(present?.data ?? {})
      if (present?.data?.['ca.crt'] === rootCaPem && keys.length === 1) return done
      const seconds = stopwatch(parts.clock)
      const report = (code: number): void => {
        parts.meters?.count('root_ca_cert_publisher_sync_total', [String(code)])
        parts.meters?.observe('root_ca_cert_publisher_sync_duration_seconds', [String(code)], seconds())
      }
      try {
        await write(namespace, present)
        report(200)
      } catch (error) {
        report(error instanceof ApiError ? error.code : 500)
        const reason = error instanceof ApiError ? error.reason : ''
        const terminating = error instanceof ApiError && error.message.includes('is being terminated')
        if (reason !== 'AlreadyExists' && reason !== 'NotFound' && !terminating) throw error
      }
      return done
    },
  }
}
