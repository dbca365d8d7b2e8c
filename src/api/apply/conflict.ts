/** The 409 of an apply that would change what others own. Texts are upstream's; kubectl shows them word for word. */
import { type ApiError, apiError } from '../errors.ts'
import type { StatusCause } from '../types/meta/v1.ts'
import { pathText } from './fields-v1.ts'
import type { Owned, Owners } from './managed-fields.ts'
import type { Conflicts } from './ownership.ts'

export function conflictError(conflicts: Conflicts, owners: Owners): ApiError {
  const groups = [...conflicts.entries()]
    .map(([identity, set]) => ({
      manager: managerText(owners.get(identity)!),
      paths: [...set.paths()].map(pathText),
    }))
    .sort((a, b) => (a.manager < b.manager ? -1 : 1))
  const causes: StatusCause[] = groups.flatMap(({ manager, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field })),
  )
  return apiError({ code: 409, reason: 'Conflict', message: messageOf(groups, causes.length), details: { causes } })
}

function messageOf(groups: { manager: string; paths: string[] }[], count: number): string {
  const [first] = groups
  if (count === 1 && first) return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.paths[0]}`
  const lines = groups.flatMap(({ manager, paths }) => [
    `conflicts with ${manager}:`,
    ...paths.map((path) => `- ${path}`),
  ])
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`
}

function managerText({ name, operation, apiVersion, subresource }: Owned): string {
  const quoted = JSON.stringify(name)
  const where = subresource === '' ? quoted : `${quoted} with subresource ${JSON.stringify(subresource)}`
  return operation === 'Update' ? `${where} using ${apiVersion}` : where
}
