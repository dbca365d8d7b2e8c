/** A body that cannot be decoded. The message is ready to stand in a 400 and names the field. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DecodeError'
  }
}
