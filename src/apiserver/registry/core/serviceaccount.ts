/** Service accounts. Source: https://kubernetes.io/docs/concepts/security/service-accounts/. */
import { coreV1 } from '../../../api/resources.ts'
import type { ServiceAccount } from '../../../api/types/core/v1.ts'
import type { Strategy } from '../strategy.ts'

export const serviceAccounts: Strategy<ServiceAccount> = {
  resource: coreV1.serviceAccounts,
  /** A token list is the controller's; a client that leaves it out keeps it. */
  prepareForCreate(account) {
    delete account.secrets
  },
}
