/** What mutating policies have besides: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/ */
import { declare, type Overload } from '../functions.ts'
import { reading } from './costs.ts'

export const jsonPatches: readonly Overload[] = [
  declare(
    'jsonpatch.escapeKey(string): string',
    (_, key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'),
    reading(1, 'same'),
  ),
]
