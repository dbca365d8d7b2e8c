/** Inputs that once broke a decoder, with what it was. They are tried for ever. */
export interface Kept {
  readonly decoder: string
  /** Base64. */
  readonly input: string
  readonly story: string
}

export const kept: readonly Kept[] = [
  {
    decoder: 'cron',
    input: 'Y29uc3RydWN0b3I=',
    story: 'a name that all objects have was taken for one of its words',
  },
  {
    decoder: 'cron',
    input:
      'QGV2ZXJ5IDFoMWgxMWgxaDFoMTFoMWgxaDExaDFoMWgxMWgxaDFoMTFoMWgxaDExaDFoMWgxMWgxaDFoMTFoMWgxaDExaDFoMWgxMWgxaDFoMTFoMWgxaDExaDFoMWgxMWgxaDFoMTFoMWgxaDExaDFoMWgxMWgxaDFoMTFoMWgxaDExaDFoMWgxMWgxaDFoMTFoMWgxaDExaDFoMWgxMWgxaDFoMTFoMWgxaDExaDFoMWgxMWgxaDFoMTFoMWgxaDExaDFoMWgxMWgxaDFoMTFoMWgxaDExaCo=',
    story: 'digits that belong to the one part or to the other were tried in all ways, for hours',
  },
  {
    decoder: 'kubeconfig',
    input: 'Y2x1c3RlcnM6IFtdCmNvbnRleHRzOgo=',
    story: 'a list that is null',
  },
  {
    decoder: 'SPDY frames',
    input: 'gAMAAQAAADUAAAABAAAAAAAAeCDjxqfCABsA5P8AAAABAAAACnN0cmVhbXR5cGUAAAAFc3RkaW5zAAD//w==',
    story: 'headers that stop within a length were read for ever',
  },
  {
    decoder: 'SPDY frames',
    input: 'gAMAAwAAAAA=',
    story: 'a reset without a stream threw out of the socket',
  },
  {
    decoder: 'kubeconfig',
    input:
      'Y3VycmVudC1jb250ZXh0OiB4CmNsdXN0ZXJzOiBbe25hbWU6IGN9XQpjb250ZXh0czogW3tuYW1lOiB4LCBjb250ZXh0OiB7Y2x1c3RlcjogY319XQo=',
    story: 'a cluster of which nothing is said',
  },
]
