/**
 * Limits of connections and of what carries them.
 *
 * @module
 */

import { DAY_MS, HOUR_MS, KiB, MiB } from "./units.ts";

/** Limits of `lib/transport`. */
export const transportLimits = {
  // Buffers.
  /** The memory that a plain socket's connection reads into at first. */
  socketInitialReadBytes: 32 * KiB,
  /** The most bytes of one read of a plain socket. */
  socketReadBytes: 256 * KiB,
  /** The memory that a TLS connection reads into at first: one record. */
  tlsInitialReadBytes: 16 * KiB,
  /** The most bytes of one read of a TLS connection. */
  tlsReadBytes: 64 * KiB,
  /** A search for the end of a line looks at this many bytes at the end first. */
  lineTailBytes: 4 * KiB,
  /** Longer chunks are checked for ASCII, which decodes faster; for shorter ones that does not pay. */
  minAsciiCheckBytes: 16 * KiB,
  /** Chunks of so many bytes are decoded by a view of their memory; with more a decoder is faster. */
  maxShortTextBytes: 192,
  /** Sizes of the memory that connections borrow for long lines and for writes. */
  tinyBufferBytes: 4 * KiB,
  smallBufferBytes: 64 * KiB,
  mediumBufferBytes: 1 * MiB,
  largeBufferBytes: 4 * MiB,
  /** How many buffers of each size are kept for the next borrower. */
  maxTinyBuffersKept: 64,
  maxSmallBuffersKept: 64,
  maxMediumBuffersKept: 8,
  maxLargeBuffersKept: 2,
  /** How many buffers that connections read into at first are kept for the next ones, of each size. */
  maxReadBuffersKept: 64,

  // Blobs: raw bytes beside the lines.
  /** The most digits of a blob's length. */
  maxBlobLengthDigits: 15,
  /** The memory that a longer blob is received into at first. */
  initialBlobBytes: 64 * KiB,
  /** As its bytes come, its memory grows to this many times their number, up to its length. */
  blobGrowthFactor: 32,
  /** The longest blob for whose next one memory is made ahead. */
  maxSpareBlobBytes: 4 * MiB,
  /**
   * What came is taken in the turn of its read where it has at most so many characters or bytes. With
   * more, the first replies should leave early, and node:tls sends nothing before that turn is over.
   */
  maxTakenAtOnceLength: 1 * KiB,
  /** A search for the line of a blob looks at this many bytes at a time. */
  blobSearchBytes: 4 * KiB,
  /** Lines of so much are searched as the text that they become; more may be a blob, unless it is ASCII. */
  maxTextSearchBytes: 16 * KiB,
  /**
   * A long blob's first and last bytes, this many of each, leave in one write with the lines before
   * and behind it; what is between them is written without a copy.
   */
  blobEdgeBytes: 32 * KiB,

  // WebSockets.
  /** The most bytes of payload of one frame that is sent. */
  webSocketPieceBytes: 60 * KiB,
  /** Memory for frames that were read and not taken; longer ones are read where they belong. */
  webSocketReadBytes: 16 * KiB,
  /** Masks are made so many at once. */
  webSocketMasksAtOnce: 256,
  /** A WebSocket of the runtime that holds more unsent bytes is given nothing more. */
  maxWebSocketUnsentBytes: 1 * MiB,
  /** Pauses between two looks at what such a WebSocket still holds: the first, and the longest. */
  webSocketLookMs: 1,
  maxWebSocketLookMs: 32,
  /** The most bytes of the answer to a request for a WebSocket. */
  maxWebSocketAnswerBytes: 16 * KiB,

  /** The most bytes that wait to be taken or sent in all connections of a process together. */
  maxWaitingBytes: 128 * MiB,

  /** The most sockets that systemd may hand over. */
  maxPassedSockets: 256,

  // Unix sockets.
  /** The longest path of a socket on Linux: `sun_path` without its NUL. */
  maxSocketPathBytes: 107,
  /** The longest path of a socket on other systems. */
  maxSocketPathBytesElsewhere: 103,
  /** How often a server tries to take a path that others take at the same moment. */
  maxSocketAttempts: 4,
  /** How long a server waits for others that start in the same directory. */
  maxSocketLockWaitMs: 1_000,
  /** The first pause before another try to connect to a server whose queue is full. */
  connectRetryMs: 5,
  /** The longest pause before such a try. */
  maxConnectRetryMs: 100,

  // Addresses.
  /** The port that servers listen on by default. */
  defaultPort: 9_090,
  /** How often a server tries to get one free port on both addresses of localhost. */
  maxLocalhostAttempts: 8,

  // NATS.
  /** The most bytes of one write to a TLS socket over a stream: less than a window of NATS. */
  tlsStreamPieceBytes: 64 * KiB,
  /** The port of a NATS server that an address does not name. */
  natsPort: 4_222,
  /** The most NATS servers in one address. */
  maxNatsServers: 16,
  /** The longest name of a service, in characters: a label of DNS. */
  maxServiceNameLength: 63,
  /** The name of the service where an address names none. */
  serviceName: "dari",
  /** The most bytes that one end has sent and the other has not taken yet, at first. */
  natsWindowBytes: 512 * KiB,
  /** The most bytes that such a window may grow to, by doubling. */
  maxNatsWindowBytes: 4 * MiB,
  /** The most bytes by which all windows of one connection to NATS, both ways, may have grown together. */
  maxNatsExtraWindowBytes: 32 * MiB,
  /** The most bytes of one read of a connection to a NATS server. */
  natsReadBytes: 256 * KiB,
  /** The most bytes of one message; a NATS server with a smaller max_payload bounds it further. */
  natsPieceBytes: 128 * KiB,
  /** How long a connection is silent before each end asks whether the other is still there. */
  natsProbeMs: 15_000,
  /** Time for a NATS server to take a connection. */
  natsConnectTimeoutMs: 5_000,
  /** Time for both ends to greet and to shake hands by TLS: a machine may have much other work. */
  natsHandshakeTimeoutMs: 10_000,
  /** How often NATS servers ask those who are silent whether they are there. */
  natsServerPingMs: 3_000,
  /** How many of these questions may have no answer. */
  natsServerPings: 2,
  /** How long a NATS server waits for one who takes nothing of what it sends. */
  natsServerWriteMs: 5_000,
  /** How often a NATS server is asked whether it is still there; one that leaves two without an answer is left. */
  natsPingMs: 2_000,
  /** The pause before connecting again to a NATS server. */
  natsReconnectMs: 250,
  /** How long a client that uses NATS for nothing more stays connected to it. */
  natsLingerMs: 50,
  /** How long what waits may take to leave when a connection to NATS is closed. */
  natsFlushMs: 1_000,
  /** How long the servers of a service have to answer. */
  natsDiscoverMs: 1_000,
  /** After each answer, how long the next one is waited for. */
  natsDiscoverQuietMs: 50,
  /** The most bytes of what a server says of itself. */
  maxNatsStatsBytes: 16 * 1024,
  /** How long what a server says of itself holds, however often it is asked. */
  natsStateMs: 250,
  /** How long the servers that were found hold. */
  natsDiscoverTtlMs: 5_000,
  /** Random bytes of the id of a server or a connection. */
  natsIdBytes: 16,

  // Records that libsodium and the runtime's cipher seal, with keys that were handed over inside TLS.
  /** The most bytes of content in one record, of TLS as well (RFC 8446 section 5.1). */
  recordBytes: 16 * KiB,
  /** Content up to this length is sealed by libsodium, longer content by the runtime's cipher. */
  shortRecordBytes: 2 * KiB,
  /** The memory that records are read into at first; it grows for longer ones. */
  recordInitialReadBytes: 4 * KiB,
  /** The most bytes of one read of records. */
  recordReadBytes: 128 * KiB,
  /** The most bytes of content in one write of records: as many as one message of NATS takes. */
  recordPieceBytes: 112 * KiB,
  /** The most records that one key seals: their number is part of each nonce. */
  maxRecordsOfKey: 2 ** 48,

  // TLS.
  /** The first pause before a blank line that makes a TLS server's first answer arrive at once. */
  firstBlankLineMs: 1,
  /** The last pause before such a blank line; each pause is twice the one before. */
  lastBlankLineMs: 32,
  /** Bytes beyond the longest line that may wait unread: node:tls cannot pause a sender. */
  maxUnreadBytesBeyondLine: 1 * MiB,
  /** Connections that are accepted before the port is opened anew with another certificate. */
  maxAcceptsBeforeReload: 1_000,
  /** Long text enters a node:tls socket in pieces of this many bytes, as the other side takes them. */
  mutualTlsPieceBytes: 256 * KiB,
  /** How many client certificates with their keys are found again while a client has them. */
  maxContextsInUse: 256,
  /** How many peers' certificates are kept in parsed form. */
  maxRememberedCertificates: 256,
  /** How many sets of authorities are kept in parsed form. */
  maxRememberedAuthorities: 16,
  /** The longest PEM text of a set of authorities that is kept, in characters. */
  maxRememberedPemLength: 256 * KiB,
  /** How often certificate files are looked at for a change. */
  certificateFileCheckMs: 1_000,
  /** The end of a certificate is announced at most so long before. */
  maxExpiryNoticeMs: 14 * DAY_MS,
  /** The end of a certificate is announced at most this share of its life before. */
  expiryNoticeLifeShare: 1 / 6,
  /** How often a server says that its certificate has expired or will soon. */
  expiryNoticeIntervalMs: 1 * DAY_MS,
  /** Pause after a renewal that failed. */
  renewalRetryMs: 1 * HOUR_MS,
  /** Renewals spread at random over this share of a certificate's life. */
  renewalJitterShare: 1 / 30,
  /** The most handshakes that a listener with client certificates has under way at once. */
  maxHandshakes: 1_024,
  /** Connections that may wait for a listener with client certificates to accept them. */
  listenBacklog: 511,
  /** How often a listener that accepts nothing is asked whether it still accepts. */
  acceptProbeMs: 2_000,
  /** Time in which a listener that still accepts takes the connection that asks. */
  acceptProbeTimeoutMs: 1_000,
  /** Time for each check that a mutual-TLS server makes of itself before it starts. */
  trialTimeoutMs: 5_000,
  /** The most bytes of the request that the check of session resumption reads from its own client. */
  trialRequestBytes: 4 * KiB,
} as const;
