/** What events of a resize say: upstream's words, and the resources as JSON in the order of Go. Pure. */
import type { Container, Pod } from '../../api/types/core/v1.ts'

export function resizeMessage(what: string, { spec }: Pod, generation: number, error = ''): string {
  const summary = {
    ...listed('initContainers', spec?.initContainers),
    ...listed('containers', spec?.containers),
    generation,
    ...(error === '' ? {} : { error }),
  }
  return `Pod resize ${what}: ${JSON.stringify(summary)}`
}

function listed(field: string, containers: readonly Container[] = []): Record<string, unknown> {
  return containers.length === 0 ? {} : { [field]: containers.map(summaryOf) }
}

function summaryOf({ name, resources }: Container): object {
  const lists: Record<string, unknown> = {}
  for (const field of ['limits', 'requests'] as const) {
    const list = Object.entries(resources?.[field] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
    if (list.length > 0) lists[field] = Object.fromEntries(list)
  }
  return { name, resources: resources?.claims ? { ...lists, claims: resources.claims } : lists }
}
