/**
 * The messages of etcd's v3 interface that the store speaks, as data for the codec: `name number type`, a fourth word
 * names the oneof. Source: https://etcd.io/docs/v3.6/dev-guide/api_reference_v3/
 */
import { type MessageCodec, type MessageField, type MessageFile, messageCodec } from '../../api/codec/message.ts'

function fields(...lines: string[]): MessageField[] {
  return lines.map((line) => {
    const [, name = '', number = '', type = '', oneof] = /^(\S+) (\d+) ((?:repeated )?\S+)(?: (\S+))?$/.exec(line) ?? []
    return { name, number: Number(number), type, ...(oneof ? { oneof } : {}) }
  })
}

const kv: MessageFile = {
  package: 'mvccpb',
  enums: { 'Event.EventType': { PUT: 0, DELETE: 1 } },
  messages: {
    KeyValue: fields(
      'key 1 bytes',
      'create_revision 2 int64',
      'mod_revision 3 int64',
      'version 4 int64',
      'value 5 bytes',
      'lease 6 int64',
    ),
    Event: fields('type 1 EventType', 'kv 2 KeyValue', 'prev_kv 3 KeyValue'),
  },
}

const rpc: MessageFile = {
  package: 'etcdserverpb',
  enums: {
    'Compare.CompareResult': { EQUAL: 0, GREATER: 1, LESS: 2, NOT_EQUAL: 3 },
    'Compare.CompareTarget': { VERSION: 0, CREATE: 1, MOD: 2, VALUE: 3, LEASE: 4 },
    AlarmType: { NONE: 0, NOSPACE: 1, CORRUPT: 2 },
    'AlarmRequest.AlarmAction': { GET: 0, ACTIVATE: 1, DEACTIVATE: 2 },
  },
  messages: {
    ResponseHeader: fields('revision 3 int64'),
    RangeRequest: fields(
      'key 1 bytes',
      'range_end 2 bytes',
      'limit 3 int64',
      'revision 4 int64',
      'keys_only 8 bool',
      'count_only 9 bool',
    ),
    RangeResponse: fields('header 1 ResponseHeader', 'kvs 2 repeated mvccpb.KeyValue', 'more 3 bool', 'count 4 int64'),
    PutRequest: fields('key 1 bytes', 'value 2 bytes', 'lease 3 int64'),
    PutResponse: fields('header 1 ResponseHeader'),
    DeleteRangeRequest: fields('key 1 bytes', 'range_end 2 bytes'),
    DeleteRangeResponse: fields('header 1 ResponseHeader', 'deleted 2 int64'),
    RequestOp: fields(
      'request_range 1 RangeRequest request',
      'request_put 2 PutRequest request',
      'request_delete_range 3 DeleteRangeRequest request',
    ),
    ResponseOp: fields(
      'response_range 1 RangeResponse response',
      'response_put 2 PutResponse response',
      'response_delete_range 3 DeleteRangeResponse response',
    ),
    Compare: fields(
      'result 1 CompareResult',
      'target 2 CompareTarget',
      'key 3 bytes',
      'version 4 int64 target_union',
      'mod_revision 6 int64 target_union',
    ),
    TxnRequest: fields('compare 1 repeated Compare', 'success 2 repeated RequestOp', 'failure 3 repeated RequestOp'),
    TxnResponse: fields('header 1 ResponseHeader', 'succeeded 2 bool', 'responses 3 repeated ResponseOp'),
    CompactionRequest: fields('revision 1 int64', 'physical 2 bool'),
    CompactionResponse: fields('header 1 ResponseHeader'),
    WatchRequest: fields('create_request 1 WatchCreateRequest request_union'),
    WatchCreateRequest: fields(
      'key 1 bytes',
      'range_end 2 bytes',
      'start_revision 3 int64',
      'prev_kv 6 bool',
      'fragment 8 bool',
    ),
    WatchResponse: fields(
      'header 1 ResponseHeader',
      'created 3 bool',
      'canceled 4 bool',
      'compact_revision 5 int64',
      'cancel_reason 6 string',
      'fragment 7 bool',
      'events 11 repeated mvccpb.Event',
    ),
    LeaseGrantRequest: fields('TTL 1 int64', 'ID 2 int64'),
    LeaseGrantResponse: fields('header 1 ResponseHeader', 'ID 2 int64', 'TTL 3 int64', 'error 4 string'),
    AlarmRequest: fields('action 1 AlarmAction', 'memberID 2 uint64', 'alarm 3 AlarmType'),
    StatusRequest: fields(),
    StatusResponse: fields('header 1 ResponseHeader', 'dbSize 3 int64'),
    AlarmMember: fields('memberID 1 uint64', 'alarm 2 AlarmType'),
    AlarmResponse: fields('header 1 ResponseHeader', 'alarms 2 repeated AlarmMember'),
  },
}

export interface EtcdKeyValue {
  key: Uint8Array
  /** Absent when empty. */
  value?: Uint8Array
  create_revision: number
  mod_revision: number
  version?: number
}

interface Reply {
  header: { revision: number }
}

export interface RangeReply extends Reply {
  kvs?: EtcdKeyValue[]
  more?: boolean
  /** All keys in the range, whatever the limit. */
  count?: number
}

export interface TxnReply extends Reply {
  succeeded?: boolean
  responses?: { response_range?: RangeReply; response_delete_range?: { deleted?: number } }[]
}

export interface WatchReply extends Reply {
  created?: boolean
  canceled?: boolean
  compact_revision?: number
  cancel_reason?: string
  /** More of the same reply follows. */
  fragment?: boolean
  events?: { type?: 'PUT' | 'DELETE'; kv: EtcdKeyValue; prev_kv?: EtcdKeyValue }[]
}

export interface LeaseGrantReply extends Reply {
  ID: number | bigint
  TTL: number
}

export interface StatusReply extends Reply {
  /** Bytes of the member's file. */
  dbSize?: number
}

export interface AlarmReply extends Reply {
  alarms?: { alarm?: string }[]
}

const codecs = new Map<string, MessageCodec>()

function codec(name: string): MessageCodec {
  let found = codecs.get(name)
  if (!found) {
    found = messageCodec(rpc, name, { imports: [kv] })
    codecs.set(name, found)
  }
  return found
}

export const encode = (name: string, message: object): Uint8Array => codec(name).encode(message)

/** A field that has its zero value is absent. Throws `ProtobufError`. */
export const decode = <T>(name: string, bytes: Uint8Array): T => codec(name).decode(bytes) as T
