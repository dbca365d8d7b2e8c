import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Duplex, duplexPair } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { constants, deflateSync, inflateSync } from 'node:zlib'
import { SpdyConnection } from './spdy.ts'
import { spdyDictionary } from './spdy-dictionary.ts'

/** What the client wrote, and a way to answer it. */
function makeConnection(): {
  client: SpdyConnection
  written: () => Buffer
  answer: (hex: string) => void
  end: () => void
} {
  const chunks: Buffer[] = []
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const client = new SpdyConnection(socket)
  return {
    client,
    written: () => Buffer.concat(chunks),
    answer: (hex) => socket.push(Buffer.from(hex.replaceAll(' ', ''), 'hex')),
    end: () => socket.push(null),
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('SpdyConnection opens streams whose headers any zlib reader with the dictionary understands', () => {
  const { client, written } = makeConnection()
  client.open({ streamtype: 'error' })
  client.open({ streamtype: 'stdin', port: '80' })
  const bytes = written()
  const first = bytes.readUIntBE(5, 3)
  assert.equal(bytes.toString('hex', 0, 5), '8003000100')
  assert.equal(bytes.readUInt32BE(8), 1)
  const second = bytes.subarray(8 + first)
  assert.equal(second.readUInt32BE(8), 3)
  const blocks = Buffer.concat([bytes.subarray(18, 8 + first), second.subarray(18)])
  const headers = inflateSync(blocks, { dictionary: spdyDictionary, finishFlush: constants.Z_SYNC_FLUSH })
  const expected = ['00000001', '0000000a', hex('streamtype'), '00000005', hex('error')]
  expected.push('00000002', '0000000a', hex('streamtype'), '00000005', hex('stdin'), '00000004', hex('port'))
  expected.push('00000002', hex('80'))
  assert.equal(headers.toString('hex'), expected.join(''))
})

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}

test('SpdyConnection half-closes a stream when it is ended, and still gets its data', async () => {
  const { client, written, answer } = makeConnection()
  const stream = client.open({})
  const opened = written().length
  stream.end('in')
  await settled()
  assert.equal(written().subarray(opened).toString('hex'), `0000000100000002${hex('in')}0000000101000000`)
  answer(`00000001 00000003 ${hex('out')} 00000001 01000002 ${hex('!!')}`)
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  assert.equal(Buffer.concat(chunks).toString(), 'out!!')
})

test('SpdyConnection answers pings and puts frames together when they arrive in pieces', async () => {
  const { client, written, answer } = makeConnection()
  const stream = client.open({})
  const opened = written().length
  answer('80030006 000000')
  answer('04 00000002 000000')
  answer(`01 00000002 ${hex('ok')}`)
  await settled()
  assert.equal(written().subarray(opened).toString('hex'), '800300060000000400000002')
  assert.equal((stream.read() as Buffer).toString(), 'ok')
})

test('SpdyConnection reads on when a stream ended that was held back', { timeout: 5_000 }, async () => {
  const { client, answer } = makeConnection()
  const status = text(client.open({ streamtype: 'error' }))
  const stdout = client.open({ streamtype: 'stdout' })
  const bytes = 200_000
  answer(`00000003 00${bytes.toString(16).padStart(6, '0')} ${'00'.repeat(bytes)} 00000003 01000000`)
  await settled()
  answer(`00000001 01000004 ${hex('done')}`)
  await settled()
  assert.equal((await text(stdout)).length, bytes)
  assert.equal(await status, 'done')
})

test('SpdyConnection gives streams that are at their end when its connection is gone already', {
  timeout: 5_000,
}, async () => {
  const [near, far] = duplexPair()
  far.destroy()
  near.destroy()
  await settled()
  assert.equal(await text(new SpdyConnection(near).open({ streamtype: 'error' })), '')
})

test('SpdyConnection ends its streams when the connection ends, and fails one that is reset', async () => {
  const { client, answer, end } = makeConnection()
  const reset = client.open({})
  const errors: Error[] = []
  reset.on('close', () => errors.push(new Error('closed')))
  const open = client.open({})
  open.resume()
  answer('80030003 00000008 00000001 00000001')
  await settled()
  assert.equal(reset.destroyed, true)
  end()
  await settled()
  assert.equal(open.readableEnded, true)
})

test('SpdyConnection accepts streams with their headers, and carries data and half-closes both ways', async () => {
  const [near, far] = duplexPair()
  const accepted: [Record<string, string>, Promise<string>][] = []
  const server = new SpdyConnection(far, {
    onStream(headers, stream) {
      stream.end(`hello ${headers.port}`)
      accepted.push([{ ...headers }, text(stream)])
    },
  })
  const client = new SpdyConnection(near)
  const streams = ['80', '443'].map((port) => client.open({ streamtype: 'data', port }))
  for (const [index, stream] of streams.entries()) stream.end(`asked ${index}`)
  assert.deepEqual(await Promise.all(streams.map(text)), ['hello 80', 'hello 443'])
  assert.deepEqual(await Promise.all(accepted.map(async ([headers, said]) => [headers, await said])), [
    [{ streamtype: 'data', port: '80' }, 'asked 0'],
    [{ streamtype: 'data', port: '443' }, 'asked 1'],
  ])
  client.close()
  server.close()
})

test('SpdyConnection ends when the other side opens a stream that nobody accepts', async () => {
  const [near, far] = duplexPair()
  const refusing = new SpdyConnection(far)
  const mine = refusing.open({ streamtype: 'data' })
  new SpdyConnection(near).open({ streamtype: 'data' })
  await settled()
  assert.equal(mine.destroyed, true)
})

test('SpdyConnection ends on frames that are too short, instead of failing', async () => {
  for (const [frame, why] of [
    ['8003000300000000', /a reset of no stream/],
    ['8003000201000000', /headers of no stream/],
  ] as const) {
    const { client, answer } = makeConnection()
    const stream = client.open({ streamtype: 'data' })
    answer(frame)
    await once(stream, 'close')
    assert.match(String(stream.errored), why)
  }
})

test('SpdyConnection takes a header block that stops in the middle of a length', async () => {
  const [near, far] = duplexPair()
  const accepted: Record<string, string>[] = []
  const server = new SpdyConnection(far, { onStream: (headers) => accepted.push({ ...headers }) })
  const block = deflateSync(Buffer.from('00000001000000016100', 'hex'), {
    dictionary: spdyDictionary,
    finishFlush: constants.Z_SYNC_FLUSH,
  })
  const head = Buffer.alloc(18)
  head.writeUInt32BE(0x80030001)
  head.writeUInt32BE(block.length + 10, 4)
  head.writeUInt32BE(1, 8)
  near.write(Buffer.concat([head, block]))
  while (accepted.length === 0) await settled()
  assert.deepEqual(accepted, [{ a: '' }])
  server.close()
})

test('SpdyConnection ends when headers unpack to very much', async () => {
  const packed = deflateSync(Buffer.alloc(10_000_000), { dictionary: spdyDictionary })
  const head = Buffer.alloc(12)
  head.writeUInt32BE(0x80030008)
  head.writeUInt32BE(packed.length + 4, 4)
  const bomb = Buffer.concat([head, packed])
  const { client, answer } = makeConnection()
  const stream = client.open({ streamtype: 'data' })
  answer(bomb.toString('hex'))
  await once(stream, 'close')
  assert.match(String(stream.errored), /headers of more than 65536 bytes/)
})

test('SpdyConnection ends when the other side opens too many streams, and forgets those that are done', async () => {
  const [near, far] = duplexPair()
  let accepted = 0
  const server = new SpdyConnection(far, {
    onStream(_headers, stream) {
      accepted++
      stream.resume()
      stream.end()
    },
  })
  const client = new SpdyConnection(near)
  for (let turn = 0; turn < 4; turn++) {
    const streams = Array.from({ length: 400 }, () => client.open({ streamtype: 'data' }))
    for (const stream of streams) stream.resume().end()
    await Promise.all(streams.map((stream) => once(stream, 'close')))
  }
  assert.equal(accepted, 1_600)
  const ended = once(far, 'close')
  for (let count = 0; count <= 1_000; count++) client.open({ streamtype: 'data' })
  await ended
  assert.equal(accepted <= 2_600, true)
  server.close()
  client.close()
})
