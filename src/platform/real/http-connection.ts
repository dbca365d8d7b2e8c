/** HTTP/1.1 on a connection that is there already, such as one forwarded to a pod that only exists in a test. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { nodeHttp } from './node-http.ts'

/** Answers requests until the connection ends. */
export function answerHttp(socket: Duplex, handle: (request: IncomingMessage, response: ServerResponse) => void): void {
  const server = nodeHttp.createServer(handle)
  socket.on('error', () => socket.destroy())
  server.emit('connection', socket)
}
