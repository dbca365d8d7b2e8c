/** `componentstatuses`, long deprecated but still asked for: what the server sees of itself. Nothing is stored. */
import { apiError } from '../../api/errors.ts'
import type { ComponentStatus } from '../../api/types/core/v1.ts'
import { Stored } from '../cache/stored.ts'
import { presentList, presentObject } from '../negotiation/represent.ts'
import { checkListQuery, readListQuery } from '../registry/options.ts'
import { toBytes } from '../registry/persistence.ts'
import { selectionOf } from '../registry/selection.ts'
import type { Served } from '../scheme/served.ts'
import type { EndpointParts } from './parts.ts'
import { representationOf } from './read.ts'
import type { Endpoint } from './router.ts'

export const getComponentStatus: Endpoint = async (parts, served, exchange) => {
  const { name } = exchange.info
  const found = (await statuses(parts)).find(({ metadata }) => metadata.name === name)
  if (found) return await presentObject(parts.presenter, served, found, representationOf(parts, exchange))
  throw apiError({
    code: 404,
    reason: 'NotFound',
    message: `componentstatus "${name}" not found`,
    details: { name, kind: 'componentstatus' },
  })
}

export const listComponentStatuses: Endpoint = async (parts, served, exchange) => {
  const query = readListQuery(exchange.request.query, false)
  const { matches } = selectionOf(served, query)
  checkListQuery(query)
  const all = (await statuses(parts)).map((status) => storedForm(served, status))
  const items = matches ? all.filter(matches) : all
  const page = { items, revision: 0, continue: '', remaining: undefined }
  return await presentList(parts.presenter, served, page, representationOf(parts, exchange))
}

async function statuses({ registry }: EndpointParts): Promise<ComponentStatus[]> {
  const problem = await registry.store.health()
  const healthy = { type: 'Healthy', status: problem === undefined ? 'True' : 'False', message: problem ?? 'ok' }
  return [{ kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name: 'etcd-0' }, conditions: [healthy] }]
}

function storedForm(served: Served, status: ComponentStatus): Stored {
  const key = served.storePrefix + (status.metadata.name ?? '')
  return new Stored({ key, value: toBytes(served, status), modRevision: 0 })
}
