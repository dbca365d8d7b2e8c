/** What the controller manager's flags say of who signs certificate requests: one for all, or one for each signer. */
import type { Identity } from '../../api/x509/certificate.ts'
import { signers } from '../../controllers/certificates/signers.ts'
import type { ControllerOptions } from '../../controllers/index.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'
import type { Machine } from '../machine.ts'

const flagsOfSigners: ReadonlyMap<string, string> = new Map([
  [signers.kubeletServing, 'cluster-signing-kubelet-serving'],
  [signers.kubeletClient, 'cluster-signing-kubelet-client'],
  [signers.client, 'cluster-signing-kube-apiserver-client'],
  [signers.legacy, 'cluster-signing-legacy-unknown'],
])

/** Empty where nobody signs. Throws `FlagError`. */
export async function signingOf({ disk }: Machine, flags: Flags): Promise<Pick<ControllerOptions, 'signing'>> {
  const identityBy = async (prefix: string): Promise<Identity | undefined> => {
    // kubeadm names none by an empty word.
    const [certificate, key] = [
      flags.text(`${prefix}-cert-file`) || undefined,
      flags.text(`${prefix}-key-file`) || undefined,
    ]
    if ((certificate === undefined) !== (key === undefined))
      throw new FlagError(`--${prefix}-cert-file and --${prefix}-key-file belong together`)
    if (certificate === undefined || key === undefined) return undefined
    return { certificatePem: await disk.readText(certificate), keyPem: await disk.readText(key) }
  }
  const own = new Map<string, Identity>()
  for (const [signer, prefix] of flagsOfSigners) {
    const identity = await identityBy(prefix)
    if (identity) own.set(signer, identity)
  }
  const common = await identityBy('cluster-signing')
  if (common && own.size > 0) {
    const rule =
      'cannot specify --cluster-signing-{cert,key}-file and other --cluster-signing-*-file flags at the same time'
    throw new FlagError(rule)
  }
  const authority = common ?? (own.size > 0 ? own : undefined)
  const durationMs = flags.durationMs('cluster-signing-duration')
  return authority ? { signing: { authority, ...(durationMs === undefined ? {} : { durationMs }) } } : {}
}
