/**
 * Publishes the authorities of the API server's serving certificate as a ClusterTrustBundle, under a name that changes
 * with them, and takes former ones away. Source: KEP-3257.
 */
import { createHash } from 'node:crypto'
import { certificatesV1beta1 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifNew, ifThere } from '../../client/writes.ts'

const signerName = 'kubernetes.io/kube-apiserver-serving'
const key = signerName

export function clusterTrustBundlePublisher(
  { client, informers }: ControllerParts,
  { rootCaPem }: { rootCaPem: string },
): Controller {
  const bundles = informers.of(certificatesV1beta1.clusterTrustBundles, {
    fieldSelector: `spec.signerName=${signerName}`,
  })
  const api = client.of(certificatesV1beta1.clusterTrustBundles)
  const name = bundleName(rootCaPem)
  return {
    name: 'kube-apiserver-serving-clustertrustbundle-publisher-controller',
    workers: 1,
    sources: [source(bundles, () => [key])],
    start: (queue) => queue.add(key),
    async reconcile() {
      const present = bundles.get(name)
      if (!present) await ifNew(api.create({ metadata: { name }, spec: { signerName, trustBundle: rootCaPem } }))
      else if (present.spec.trustBundle !== rootCaPem) {
        await api.update({ ...present, spec: { ...present.spec, trustBundle: rootCaPem } })
      }
      for (const { metadata } of bundles.list()) {
        if (metadata.name !== name) await ifThere(api.delete(metadata.name ?? ''))
      }
      return done
    },
  }
}

/** The signer with colons, and twelve bytes of the bundle's SHA-256. */
export function bundleName(bundle: string): string {
  const digest = createHash('sha256').update(bundle).digest('hex').slice(0, 24)
  return `${signerName.replaceAll('/', ':')}:${digest}`
}
