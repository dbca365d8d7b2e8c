/**
 * `/debug/api_priority_and_fairness/*`: who waits where, for people. The columns are upstream's.
 * Source: https://kubernetes.io/docs/reference/debug-cluster/flow-control/.
 */
import type { Levels } from './levels.ts'

export const dumpPrefix = '/debug/api_priority_and_fairness'

/** Undefined for other paths. */
export function dump(levels: Levels, path: string): string | undefined {
  switch (path) {
    case `${dumpPrefix}/dump_priority_levels`:
      return aligned([levelColumns, ...levelRows(levels)])
    case `${dumpPrefix}/dump_queues`:
      return aligned([queueColumns, ...queueRows(levels)])
    case `${dumpPrefix}/dump_requests`:
      return aligned([requestColumns, ...requestRows(levels)])
    default:
      return undefined
  }
}

const levelColumns = [
  'PriorityLevelName',
  'ActiveQueues',
  'IsIdle',
  'IsQuiescing',
  'WaitingRequests',
  'ExecutingRequests',
]
const queueColumns = [
  ...['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR'],
  ...['InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum'],
]
const requestColumns = [
  ...['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime'],
  ...['InitialSeats', 'FinalSeats', 'AdditionalLatency'],
]

function levelRows(levels: Levels): string[][] {
  return [...levels.all].map(({ name, queues, quiescing }) => {
    const { waiting, executing } = queues.counts
    const active = queues.queues.filter((queue) => queue.waiting.length > 0).length
    return [name, active, queues.isIdle, quiescing, waiting, executing].map(String)
  })
}

function queueRows(levels: Levels): string[][] {
  return [...levels.all].flatMap(({ name, queues }) =>
    queues.queues.map(({ index, waiting, executing, seatsInUse, nextDispatch }) => {
      const sum = (value: (width: (typeof waiting)[number]['width']) => number) =>
        waiting.reduce((all, { width }) => all + value(width), 0)
      const most = sum(({ seats, finalSeats }) => Math.max(seats, finalSeats))
      const initial = sum(({ seats }) => seats)
      const work = sum(({ seats, finalSeats, additionalMs }) => (seats * 3 + finalSeats * additionalMs) / 1000)
      const times = [`${nextDispatch.toFixed(8)}ss`, initial, most, `${work.toFixed(8)}ss`]
      return [name, index, waiting.length, executing, seatsInUse, ...times].map(String)
    }),
  )
}

function requestRows(levels: Levels): string[][] {
  return [...levels.all].flatMap(({ name, queues }) =>
    queues.queues.flatMap(({ index, waiting }) =>
      waiting.map(({ schema, flow, arrivedMs, width }, place) => {
        const { seats, finalSeats, additionalMs } = width
        const distinguisher = flow.slice(flow.indexOf('\n') + 1)
        return [
          name,
          schema,
          index,
          place,
          distinguisher,
          `${arrivedMs}ms`,
          seats,
          finalSeats,
          `${additionalMs}ms`,
        ].map(String)
      }),
    ),
  )
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length + 2)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : `${cell},`.padEnd(widths[column]!))).join('')
  return `${rows.map(line).join('\n')}\n`
}
