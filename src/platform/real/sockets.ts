/** Raw TCP, Unix and UDP sockets: port-forward, probes, DNS, session proxies. */
import { createSocket } from 'node:dgram'
import { type AddressInfo, connect, createServer, isIPv6, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Net } from '../net.ts'
import { NetTimeoutError } from './http-client.ts'

export const connectTcp: Net['connectTcp'] = ({ host, port, timeoutMs, signal }) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
    const fail = (error: unknown): void => {
      settle()
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(signal?.reason)
    const timer = setTimeout(
      () => fail(new NetTimeoutError(`connecting to ${host}:${port}: no answer after ${timeoutMs} ms`)),
      timeoutMs,
    )
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', fail)
      socket.on('error', () => {})
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', fail)
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
  })

export function connectUnix(path: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

export const serveTcp: Net['serveTcp'] = async ({ host, port }, onConnection) => {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

export const bindUdp: Net['bindUdp'] = async ({ host, port }, onMessage) => {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  socket.on('message', (bytes, from) => onMessage(bytes, { host: from.address, port: from.port }))
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, host, resolve)
  })
  // An unreachable peer of one datagram must not end the socket for the others.
  socket.removeAllListeners('error')
  socket.on('error', () => {})
  return {
    port: socket.address().port,
    send: (bytes, to) => socket.send(bytes, to.port, to.host, () => {}),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
