/** DNS over TCP: each message follows its length in two bytes (RFC 1035, section 4.2.2). */

export function framed(message: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(2 + message.length)
  frame.writeUInt16BE(message.length)
  frame.set(message, 2)
  return frame
}

/** Puts messages together from chunks. Holds at most one unfinished message, 64 KiB by its format. */
export class Frames {
  #rest: Uint8Array = new Uint8Array(0)

  /** @returns the messages that are complete now */
  push(chunk: Uint8Array): Uint8Array[] {
    let bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
    const messages: Uint8Array[] = []
    while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
      const end = 2 + bytes.readUInt16BE(0)
      messages.push(bytes.subarray(2, end))
      bytes = bytes.subarray(end)
    }
    this.#rest = bytes
    return messages
  }
}
