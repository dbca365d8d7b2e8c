/**
 * Every limit of the system, with its unit, its source and what happens when it is reached. Nothing queues or grows
 * without one of these.
 */
export const limits = {
  // Requests (src/apiserver/http/)
  /** Largest request body. Beyond: 413 RequestEntityTooLarge. Source: kube-apiserver's 3 MiB. */
  requestBodyBytesMax: 3 * 1024 * 1024,
  /** Bodies that are held at once, of all requests together. Beyond: 429. Ours: some of the largest, many of what is usual. */
  requestBodiesBytesMax: 256 * 1024 * 1024,
  /** Values (members, elements, lists, objects; fields in protobuf) of one body. Beyond: 400. Ours: none of the steps of such a write takes long. */
  bodyValuesMax: 20_000,
  /** The same for custom resources, their definitions and JSON patches. Ours: the largest known definitions have 40,000, and so have 10,000 operations. */
  largeBodyValuesMax: 50_000,
  /** Work on bodies from this size on is done in steps, between which other requests are served. Ours: less takes a few milliseconds in all. */
  pauseFromBytes: 32 * 1024,
  /** YAML bodies from this size on are parsed in a thread of their own. Ours: what the parser reads in 10 ms. */
  yamlOwnThreadFromBytes: 16 * 1024,
  /** Such bodies waiting for that thread. Beyond: 429. Ours. */
  yamlThreadQueuedMax: 50,
  /** How long that thread may take for one. Beyond: 400. Ours. */
  yamlThreadTimeoutMs: 10_000,

  // Processes and sockets (src/platform/)
  /** Work that is long because of its parts lets others have their turn after so much of it. Ours. */
  partsPerTurnMicroseconds: 10_000,
  /** Standard output and error of one run program together. Beyond: it is killed, ENOBUFS. Ours. */
  execOutputBytesMax: 64 * 1024 * 1024,
  /** How long a run program may take unless its caller says otherwise. Beyond: it is killed, ETIMEDOUT. Ours. */
  execTimeoutMs: 30_000,
  /** Request line and headers. Beyond: 431. Room for long tokens; Go's own limit is 1 MiB. */
  requestHeaderBytesMax: 256 * 1024,
  /** Time to receive a request's headers. Beyond: the connection is closed. Source: kube-apiserver's 32 s. */
  requestHeaderTimeoutMs: 32_000,
  /** Time to receive a whole request. Beyond: 408, or the stream is reset. Source: kube-apiserver's --request-timeout. */
  requestReadTimeoutMs: 60_000,
  /** Time for a TLS handshake. Beyond: the connection is closed. Ours. */
  tlsHandshakeTimeoutMs: 10_000,
  /** A client that takes nothing of an answer for this long. Beyond: the stream or connection is closed. Ours. */
  responseStallMs: 60_000,
  /** A runtime that reads nothing for this long when the outputs of a command have ended. Beyond: it ends with an error. Ours. */
  commandEndTimeoutMs: 10_000,
  /** Connections of one server. Beyond: new ones are closed at once. Ours: half of the files a process may usually open. */
  serverConnectionsMax: 10_000,
  /** An idle server connection is closed after this. Source: kube-apiserver's 90 s. */
  connectionIdleMs: 90_000,
  /** Requests at once on one HTTP/2 connection; more wait at the client. Source: kube-apiserver's 250. */
  http2StreamsMax: 250,
  /** Streams that a client may reset at once, and then each second. Beyond: its connection is ended (CVE-2023-44487). Ours: all it may have. */
  http2ResetsMax: 250,
  http2ResetsPerSecond: 50,
  /** Time until response headers, unless the caller says otherwise. Beyond: ETIMEDOUT. */
  responseHeaderTimeoutMs: 30_000,
  /** Body of a refused upgrade that is kept; the rest is dropped. Ours. */
  refusedUpgradeBodyBytesMax: 64 * 1024,
  /** Distinct TLS settings whose connections are pooled; the oldest pool is closed beyond. Ours. */
  connectionPoolsMax: 32,
  /** Connections to one server that short requests share; more requests wait for one. A handshake costs 3 ms on both sides. */
  sharedConnectionsMax: 4,
  /** One gRPC message. Beyond: RESOURCE_EXHAUSTED. Source: the kubelet's 16 MiB for CRI. */
  grpcMessageBytesMax: 16 * 1024 * 1024,

  // API server (src/apiserver/)
  /** The discovery document of a server behind ours. Beyond: it counts as unavailable. Ours. */
  aggregatedDiscoveryBytesMax: 4 * 1024 * 1024,
  /** Until such a server begins to answer a watch or another request that lasts. Beyond: 503. Ours. */
  aggregatedLongAnswerTimeoutMs: 600_000,
  /** One annotation of an audit event, in characters. Beyond: cut. Source: upstream's webhooks may add 10 KiB. */
  auditAnnotationLengthMax: 10 * 1024,
  /** An answer in pieces that an audit event of level RequestResponse shows. Beyond: the event has none. Ours: as much as a batch may have. */
  auditAnswerBytesMax: 10 * 1024 * 1024,
  /** How often a batch of audit events is posted before it is lost. Source: kube-apiserver's 5. */
  auditWebhookTries: 5,
  /** Time until an audit webhook answers. Beyond: it is tried again. Ours. */
  auditWebhookTimeoutMs: 30_000,
  /** How long a read waits for the cache to see a revision. Beyond: 504 "Too large resource version". Source: the watch cache's 3 s. */
  freshReadWaitMs: 3_000,
  /** Pause before the store watch behind all caches is opened again after it failed. */
  storeWatchRetryMs: 200,
  /** Events a resource's cache remembers for resuming watchers; older ones are read from the store's history. */
  cacheHistoryEventsMax: 512,
  /** The same in bytes of the remembered objects. */
  cacheHistoryBytesMax: 2 * 1024 * 1024,
  /** Events one watcher may fall behind. Beyond: its watch is ended and the client resumes. */
  watchBufferEventsMax: 10_000,
  /** The same in bytes of encoded events; one event always fits. */
  watchBufferBytesMax: 16 * 1024 * 1024,
  /** What a watcher may send in one message of its WebSocket; nothing is expected. Beyond: the connection ends. Ours. */
  watchSocketMessageBytesMax: 4096,
  /** Between bookmarks to watchers that allow them. Source: kube-apiserver's one minute. */
  watchBookmarkPeriodMs: 60_000,
  /** Watches without timeoutSeconds end after this long plus up to as much again. Source: --min-request-timeout. */
  watchTimeoutSeconds: 1_800,
  /** How long a request may take that is not long-running. Beyond: 504. Source: --request-timeout. */
  requestTimeoutMs: 60_000,
  /** Reading requests served at once. Beyond: 429 with Retry-After. Source: --max-requests-inflight. */
  readRequestsInFlightMax: 400,
  /** Writing requests served at once. Beyond: 429 with Retry-After. Source: --max-mutating-requests-inflight. */
  writeRequestsInFlightMax: 200,
  /** Objects in one page of a list the server reads from the store's past. */
  storePageItemsMax: 500,
  /** Attempts to find a free generated name. Beyond: 409. Source: upstream's RetryGenerateName. */
  generateNameAttemptsMax: 8,
  /** Attempts of a patch or server-side update against concurrent writers. Beyond: 409. Source: upstream's five, raised. */
  patchAttemptsMax: 10,
  /** Tries to write what takes an address or a port that other servers take at the same time. Beyond: 409. Ours. */
  claimAttemptsMax: 100,
  /** Replies from this size on are compressed when the client accepts gzip. Source: upstream's 128 KiB. */
  gzipFromBytes: 128 * 1024,
  /** Longer lists are made in pieces of this size while they are sent. Ours. */
  listPieceBytes: 128 * 1024,
  /** Pieces whose memory is kept for the next ones: 2.5 MiB. Ours. */
  sparePiecesMax: 16,
  /** Objects encoded as protobuf for one list before others have their turn. Ours: about 2 ms. */
  encodedPerTurn: 64,
  /** Bytes of objects decoded or encoded before others have their turn; one object always is. Ours: 2 to 10 ms. */
  bytesPerTurn: 256 * 1024,
  /** Objects of a collection that are deleted together, so that they share a sync. Ours: about 3 ms. */
  deletedAtOnce: 16,
  /** Objects decoded for one selector before others have their turn. Ours: 2 to 5 ms. */
  decodedPerTurn: 250,

  // Patches and server-side apply (src/api/patch/, src/api/apply/)
  /** Operations of one JSON patch. Beyond: 413. Source: kube-apiserver's 10,000. */
  jsonPatchOperationsMax: 10_000,
  /** Bytes that the `copy` operations of one JSON patch make together. Beyond: 422. Source: kube-apiserver's 3 MiB. */
  jsonPatchCopyBytesMax: 3 * 1024 * 1024,
  /** Patterns of users that stay compiled; the one not used for longest is dropped. Ours. */
  compiledPatternsMax: 1_000,
  /** Steps of the search for what a refused update shows as changed. Beyond: less is found to be the same. Ours: 10 to 20 ms. */
  diffStepsMax: 150_000,
  /** Errors that a 422 names; of further ones it says how many there are. Ours: twenty thousand would make 10 MB and take 0.2 s. */
  namedErrorsMax: 1_000,
  /** Errors named of one custom resource; further ones are left out. Ours. */
  customResourceErrorsMax: 1_000,
  /** Checks of one custom resource against its schema. Beyond: 422. Ours: about 0.5 s, twenty for each value of the largest object. */
  customResourceChecksMax: 1_000_000,
  /** Objects in one question to a conversion webhook; more are asked for in turn. Ours. */
  conversionObjectsMax: 500,
  /** Answer of a conversion webhook. Beyond: the call has failed. Ours. */
  conversionAnswerBytesMax: 32 * 1024 * 1024,
  /** Time for one answer of a conversion webhook. Source: upstream's 30 s. */
  conversionTimeoutSeconds: 30,
  /** Pause before a custom resource definition whose status could not be written is tried again. */
  definitionRetryMs: 1_000,
  /** The answer to who creates a custom resource definition waits at most this long for it to be established. */
  definitionWaitMs: 1_000,
  /** Characters of a body that is no JSON, in which the first fault is looked for. Beyond: the runtime's words. Ours: some tens of milliseconds at most. */
  jsonFaultLengthMax: 500_000,
  /** Characters of a path in a JSON patch. Beyond: 422. Ours: names of 253 characters as deep as anything goes. */
  jsonPatchPathLengthMax: 64 * 1024,
  /** Characters shown of what a patch would make, or of a body without a kind, where it is refused. Beyond: cut short. Ours. */
  patchedTextLengthMax: 64 * 1024,
  /** Nesting of a patch. Beyond: 400. Go's decoder stops at 10,000; no served type comes near to this. */
  jsonDepthMax: 1000,
  /** Tokens of one YAML body (a scalar with its key and line break makes six). Beyond: 400; JSON of any size is read fast. Ours: about 1 s. */
  yamlTokensMax: 250_000,
  /** Open collections at once in a YAML body. Beyond: 400. Ours: what the YAML library's recursion survives, halved. */
  yamlNestingMax: 300,
  /** Managers with operation Update in an object's managed fields. Beyond: the oldest are joined as "ancient-changes". Source: kube-apiserver's 10. */
  updateManagersMax: 10,

  // Store (src/store/)
  /** Writes in one commit. Beyond: RangeError, a caller's mistake. Source: etcd's --max-txn-ops. */
  storeWritesPerCommitMax: 128,
  /** Commits made durable by one sync; more wait for the next. Ours. */
  storeCommitsPerSyncMax: 256,
  /** How long renewals of leases and repeated events wait for other commits to share a sync with. Ours. */
  storePatienceMs: 100,
  /** Commits waiting for their sync. Beyond: StoreUnavailableError at once. Ours. */
  storeCommitsQueuedMax: 20_000,
  /** History is kept this long for watches to resume and lists to page. Beyond: CompactedError. Source: kube-apiserver's 5 min. */
  storeHistoryAgeMs: 5 * 60_000,
  /** At most this many revisions of history, however young. Beyond: CompactedError. Ours. */
  storeHistoryRevisionsMax: 10_000,
  /** At most this many bytes of replaced values, however few revisions. Beyond: CompactedError. Ours. */
  storeHistoryBytesMax: 256 * 1024 * 1024,
  /** Revisions forgotten per transaction of a compaction, so that it never holds up commits for long. Ours. */
  storeCompactionStepRevisions: 64,
  /** Pages of 8 KiB given back to the file system at a time. Ours. */
  storeVacuumStepPages: 64,
  /** Free pages that are kept for what comes next; a tenth of the file when that is more. Ours. */
  storeFreePagesKept: 256,
  /** Pages in the log after which it is brought into the file. Commits wait for one sync then. Ours: 32 MiB, a fifth more creates a second than with SQLite's 1,000. */
  storeCheckpointPages: 4_000,
  /** Room kept beside an SQLite store for when the disk is full. Ours: what the log may hold, and a quarter more. */
  storeReserveBytes: 40 * 1024 * 1024,
  /** While it is used, changes of what exists with values up to this are taken. Beyond: StoreUnavailableError. Ours. */
  storeReserveValueBytesMax: 64 * 1024,
  /** Pause before it is made again. Ours. */
  storeReserveRetryMs: 2_000,
  /** A lone commit is synced on its own thread while the disk answers sooner than this; else on another. Ours. */
  storeSyncOnThreadMsMax: 0.4,
  /** Pause before the store is opened again after a sync failed. Ours. */
  storeRecoveryRetryMs: 1_000,
  /** Revisions buffered for one slow watcher. Beyond: it reads on from history, and fails only when that is compacted. Ours. */
  storeWatchBufferRevisionsMax: 1_000,
  /** Revisions a catching-up watcher reads at a time. Ours. */
  storeWatchPageRevisions: 200,
  /** Keys past their time to live that one sweep removes; the next sweep follows at once. Ours. */
  storeExpiredPerSweepMax: 200,
  /** Keys are removed at most this long after their time to live. Source: etcd's 500 ms check, doubled. */
  storeExpirySweepMs: 1_000,
  /** One message from etcd. Beyond: the page that was asked for is halved. Ours; etcd's own requests end at 1.5 MiB. */
  etcdMessageBytesMax: 64 * 1024 * 1024,
  /** Keys in one page of a range read from etcd; pages of one range are of one revision. Source: kube-apiserver's 500. */
  etcdPageKeys: 500,
  /** One call to etcd, however many members it takes. Beyond: StoreUnavailableError. Ours; etcd gives up after 7 s. */
  etcdCallTimeoutMs: 10_000,
  /** One member's answer to a read, while others can be asked. Ours. */
  etcdAttemptTimeoutMs: 3_000,
  /** Time to connect to one member, then the next is tried. Ours. */
  etcdConnectTimeoutMs: 3_000,
  /** Pause before members that all failed are asked again. Ours. */
  etcdRetryMs: 100,
  /** One question of a health check. Beyond: unhealthy. Source: kube-apiserver's 2 s. */
  etcdHealthTimeoutMs: 2_000,
  /** Between pings to a member with calls under way, and the wait for its answer. Source: kube-apiserver's 30 s and 10 s. */
  etcdKeepAliveMs: 30_000,
  etcdKeepAliveTimeoutMs: 10_000,
  /** Keys that share one lease, and how long a lease is given to new keys. Source: kube-apiserver's 1,000 and 60 s. */
  etcdKeysPerLeaseMax: 1_000,
  etcdLeaseReuseSeconds: 60,

  // Storage (src/apiserver/storage/)
  /** Own writes whose JSON is kept until they come back from the store as protobuf. Beyond: decoded anew. Ours. */
  storageRecentWritesMax: 512,

  // Encryption at rest (src/apiserver/storage/encryption/)
  /** Between questions to a KMS plugin for its state and key. Source: kube-apiserver's one minute. */
  kmsStatusPeriodMs: 60_000,
  /** A key that the plugin has not confirmed for so long encrypts nothing more. Beyond: writes fail until it answers. Source: kube-apiserver's 3 min. */
  kmsKeyUnconfirmedMsMax: 3 * 60_000,
  /** Decrypted seeds that are remembered. Beyond: the plugin is asked again for the oldest. Ours. */
  kmsSeedsRememberedMax: 1_000,
  /** Between looks at the configuration file, besides being told of its changes. Source: kube-apiserver's one minute. */
  encryptionReloadPeriodMs: 60_000,
  /** Replaced providers are closed after this, so that what is under way ends. Source: kube-apiserver's twice the longest KMS timeout. */
  encryptionReloadGraceMs: 20_000,
  /** One call to a KMS plugin, unless the configuration says otherwise. Source: kube-apiserver's 3 s. */
  kmsCallTimeoutMs: 3_000,

  /** What a webhook may answer. Beyond: its call has failed. Ours: room for a patch of the largest object. */
  webhookAnswerBytesMax: 8 * 1024 * 1024,

  // Services that authenticate and authorize (src/apiserver/authentication/, src/apiserver/authorization/)
  /** Questions under way to one such service. Beyond: the next has failed. Ours. */
  remoteReviewsMax: 1_000,
  /** Time for one question with all its attempts. Beyond: it has failed. Source: kube-apiserver's 30 s. */
  remoteReviewTimeoutMs: 30_000,
  /** What such a service may answer, and an issuer's documents. Beyond: the question has failed. Ours. */
  remoteReviewBytesMax: 1024 * 1024,
  /** Answers of one authorization webhook that are kept. Beyond: the oldest go. Source: kube-apiserver's 8,192. */
  authorizationAnswersMax: 8_192,
  /** Length of a question whose answer is kept. Source: kube-apiserver's 10,000. */
  authorizationQuestionBytesMax: 10_000,
  /** Answers of the token webhook that are kept. Beyond: the oldest go. Ours. */
  tokenAnswersMax: 4_096,
  /** Issuers in one configuration. Beyond: it is refused. Source: kube-apiserver's 64. */
  jwtIssuersMax: 64,
  /** An issuer's keys are not asked for again sooner, however many tokens name others. Ours. */
  issuerKeysPeriodMs: 10_000,
  /** An issuer's keys are read again after this. Ours. */
  issuerKeysAgeMs: 3_600_000,
  /** Keys of one issuer. Beyond: its key set is refused. Ours. */
  issuerKeysMax: 100,
  /** Configurations of authentication and authorization are looked at this often, besides when their file changes. Source: kube-apiserver's minute. */
  securityConfigPeriodMs: 60_000,

  // Expressions (src/apiserver/cel/)
  /** Code points of one expression. Beyond: it does not compile. Source: cel-go's 100,000. */
  celExpressionCodePointsMax: 100_000,
  /** Nesting of one expression. Beyond: it does not compile. Source: cel-go's 250. */
  celExpressionDepthMax: 250,
  /** Cost of one evaluation. Beyond: it ends with an error. Source: kube-apiserver's PerCallLimit, about 0.1 s. */
  celCallCostMax: 1_000_000,
  /** Cost of all expressions of one policy binding, or of one custom resource, on one request. Source: kube-apiserver's RuntimeCELCostBudget. */
  celRequestCostMax: 10_000_000,
  /** Cost of the match conditions of one webhook or binding. Source: kube-apiserver's RuntimeCELCostBudgetMatchConditions. */
  celMatchConditionsCostMax: 2_500_000,
  /** Time of one evaluation, whatever it costs. Beyond: it ends with an error. Ours: five times what upstream expects of the largest cost, for busy machines. */
  celCallTimeMs: 500,
  /** Time that the expressions of one request take before others have their turn. Ours. */
  celTurnMs: 10,
  /** Cost, and steps that cost nothing, of one turn of an evaluation; others have theirs before it goes on. Ours: 3 to 10 ms. */
  celTurnCost: 50_000,
  /** Steps of an evaluation between two looks at the clock. Ours: about 1 ms. */
  celStepsBetweenClockReads: 10_000,
  /** Code points, bytes or items of a value that an expression makes. Beyond: an error in the expression. Ours. */
  celValueSizeMax: 10_000_000,
  /** Length of a text times the size of the pattern's machine: a match is not interrupted. Beyond: an error in the expression. Ours: about 50 ms. */
  celPatternStepsMax: 4_000_000,
  /** Text that a messageExpression makes. Beyond: the fixed message is used. Source: kube-apiserver's 5 KiB. */
  celMessageBytesMax: 5 * 1024,
  /** Compiled expressions remembered for one environment. Beyond: the one unused for longest is compiled again. Ours. */
  celProgramsMax: 1_000,

  // Authentication (src/apiserver/authentication/)
  /** Service account tokens whose signature is remembered as good. Beyond: the oldest is verified again. Ours. */
  verifiedTokensMax: 2_000,
  /** Longest bearer token looked at. Beyond: 401. Ours; service account tokens have about 1,200 bytes. */
  bearerTokenBytesMax: 32 * 1024,

  // Scheduler (src/scheduler/)
  /** Bindings and other writes of the scheduler at once; planning waits for them. Below the server's own limit. Ours. */
  schedulerWritesInFlightMax: 100,
  /** Milliseconds that a pod with a node waits for its volumes. Beyond: it is placed anew. Source: upstream's `bindTimeoutSeconds`. */
  schedulerVolumeBindMs: 600_000,
  /** Pods with a node that wait for their volumes at once. Beyond: no pod is placed until some of these are done. Ours. */
  schedulerVolumeWaitsMax: 5_000,
  /** Cost of one evaluation of an expression that selects devices. Beyond: it fails. Source: the API's `CELSelectorExpressionMaxCost`. */
  deviceSelectorCostMax: 1_000_000,
  /** Devices that are tried for a pod's claims on one node. Beyond: the node counts as not fitting. Ours. */
  deviceAllocationStepsMax: 50_000,
  /** Milliseconds that a pod with a node waits for its devices to be made ready. Beyond: it is placed anew. Source: upstream's `bindingTimeout`. */
  schedulerDeviceBindMs: 600_000,
  /** Milliseconds for a cloud's program to answer in whole. Beyond: the call failed, and is made again. Ours. */
  cloudProviderCallMs: 60_000,
  /** Bytes of one answer of a cloud's program. Beyond: it is refused. Ours. */
  cloudProviderAnswerBytesMax: 4 * 1024 * 1024,
  /** Remembered counts of pods by domain, for spreading. The one unused for longest is counted afresh beyond. Ours. */
  schedulerDomainCountsMax: 64,

  // Client, informers and the controller kit (src/client/)
  /** One frame of a watch. Beyond: TransportError. Twice the largest object. Ours. */
  watchFrameBytesMax: 8 * 1024 * 1024,
  /** A finite answer held in memory. Beyond: TransportError. A list of 100,000 middling objects fits. Ours. */
  responseBodyBytesMax: 512 * 1024 * 1024,
  /** Objects in one page of a list that informers make. Source: client-go's pager. */
  informerPageObjects: 500,
  /** First wait after a failed list or watch; doubles up to the longest. Source of the longest: client-go's reflector. */
  informerRetryMsMin: 100,
  informerRetryMsMax: 30_000,
  /** A watch is asked to end after this to twice this, so that connections spread. Source: client-go's 5 min. */
  informerWatchTimeoutSeconds: 300,
  /** Back-off of a failing key, doubling. Source: client-go's 5 ms to 1,000 s. */
  workQueueBackoffMsMin: 5,
  workQueueBackoffMsMax: 1_000_000,
  /** Keys reconciled at once by a controller that doesn't say. Source: kube-controller-manager's 5. */
  controllerWorkers: 5,
  /** Events waiting to be written. Beyond: the new one is dropped and logged. Source: client-go's 1,000. */
  eventsQueuedMax: 1_000,
  /** Objects whose events are written at once; more wait. Ours. */
  eventsWrittenAtOnceMax: 16,
  /** Events about one object from one source at once, then one per refill. Beyond: dropped. Source: client-go's 25 and 5 min. */
  eventBurst: 25,
  eventRefillMs: 300_000,
  /** Different messages for one object and reason before they are combined, and for how long. Source: client-go's 10 and 10 min. */
  eventSimilarMax: 10,
  eventSimilarMs: 600_000,
  /** Remembered events, for counting. The oldest is forgotten beyond. Source: client-go's 4,096. */
  eventsRememberedMax: 4_096,
  /** Time until the API server's response headers; calls of slow webhooks fit. Beyond: TransportError. Source: client-go's 60 s requests. */
  clientResponseHeaderTimeoutMs: 65_000,

  // Clusters inside tests (src/testing/)
  /** Revisions of history that `at` reaches back to. Beyond: CompactedError. Ours. */
  testHistoryRevisionsMax: 50_000,
  /** Entries of a timeline. Beyond: the oldest tenth is dropped, and counted. Ours. */
  timelineEntriesMax: 50_000,
  /** Faults, rules and forks begun over HTTPS that one cluster holds. Beyond: 429. Ours. */
  testControlsMax: 200,
  /** Containers whose counted use of CPU is remembered. Beyond: the one read longest ago starts at its mean again. Ours. */
  simulatedReadingsMax: 100_000,
  /** Connections being forwarded to a simulated pod whose data stream has not come. Beyond: the forwarding ends. Ours. */
  simulatedConnectionsMax: 250,
  /** Simulated nodes; the plan of their addresses has room for these. Beyond: RangeError. Ours. */
  simulatedNodesMax: 30_000,
} as const
