/**
 * What an exited container says about its end: the file at its termination message path, or the tail of its log.
 * Limits: 4,096 bytes of the file; 2,048 bytes and 80 lines of the log.
 * Source: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
 */
import type { Disk } from '../../platform/disk.ts'
import type { CriContainerStatus } from '../cri/message.ts'
import { parseLogLine } from '../logs/line.ts'

const messageBytesMax = 4096
const logBytesMax = 2048
const logLinesMax = 80
/** CRI's prefix takes part of each line, so more than `logBytesMax` is read. */
const tailBytes = 16 * 1024

export interface MessageSource {
  /** Inside the container; empty: none. */
  path: string
  fallsBackToLogs: boolean
}

export async function terminationMessage(
  disk: Disk,
  status: CriContainerStatus,
  source: MessageSource,
): Promise<string> {
  const hostPath = status.mounts?.find((mount) => mount.containerPath === source.path)?.hostPath
  const written = source.path === '' || !hostPath ? '' : await readHead(disk, hostPath)
  if (written !== '' || !source.fallsBackToLogs || status.exitCode === undefined || status.exitCode === 0)
    return written
  return status.logPath ? readLogTail(disk, status.logPath) : ''
}

async function readHead(disk: Disk, path: string): Promise<string> {
  const content = await disk.read(path).catch(() => new Uint8Array())
  return Buffer.from(content.subarray(0, messageBytesMax)).toString()
}

async function readLogTail(disk: Disk, path: string): Promise<string> {
  let text: string
  try {
    const file = await disk.open(path, 'read')
    try {
      const size = await file.sizeBytes()
      const buffer = Buffer.alloc(Math.min(size, tailBytes))
      const count = await file.read(buffer, Math.max(0, size - buffer.length))
      text = buffer.subarray(0, count).toString()
    } finally {
      await file.close()
    }
  } catch {
    return ''
  }
  const lines = text.split('\n').filter((line) => line !== '')
  const contents = lines.slice(-logLinesMax).map((line) => {
    const parsed = parseLogLine(Buffer.from(line))
    return parsed ? `${parsed.content.toString()}${parsed.partial ? '' : '\n'}` : ''
  })
  return Buffer.from(contents.join('')).subarray(-logBytesMax).toString()
}
