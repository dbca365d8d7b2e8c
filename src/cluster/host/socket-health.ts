/**
 * Whether a gRPC server behind a Unix socket is awake, for the price of one frame: HTTP/2 requires each side to open
 * with SETTINGS (RFC 9113, section 3.4). A stopped process accepts connections through the kernel's backlog, but never
 * sends that frame.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../platform/clock.ts'
import type { Net } from '../../platform/net.ts'

const settingsFrameType = 4
const frameHeaderBytes = 9
const answerTimeoutMs = 2_000
const opening = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, settingsFrameType, 0, 0, 0, 0, 0]),
])

/** False when nobody listens, or no SETTINGS frame comes within two seconds. */
export async function grpcAnswers(doors: { net: Net; clock: Clock }, socketPath: string): Promise<boolean> {
  let socket: Duplex
  try {
    socket = await doors.net.connectUnix(socketPath)
  } catch {
    return false
  }
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const finish = (answers: boolean): void => {
      cancel()
      socket.destroy()
      resolve(answers)
    }
    const cancel = doors.clock.after(answerTimeoutMs, () => finish(false))
    socket.on('error', () => finish(false))
    socket.on('close', () => finish(false))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= frameHeaderBytes) finish(received[3] === settingsFrameType)
    })
    socket.write(opening)
  })
}
