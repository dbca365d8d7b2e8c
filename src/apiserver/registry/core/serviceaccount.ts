/** Service accounts. Source: https://kubernetes.io/docs/concepts/security/service-accounts/. */
import { coreV1 } from '../../../api/resources.ts'
import type { ServiceAccount } from '../../../api/types/core/v1.ts'
import type { Strategy } from '../strategy.ts'

export const serviceAccounts: Strategy<ServiceAccount> = {
  resource: coreV1.serviceAccounts,
  metadataOnUpdate: ['changes', 'whole'],
  prepareForCreate: namesOnly,
  prepareForUpdate: namesOnly,
}

/** A reference to a secret says its name and no more. */
function namesOnly(account: ServiceAccount): void {
  if (!account.secrets) return
  account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }))
}
