/**
 * Limits of the wire, of calls, of clients and of servers.
 *
 * @module
 */

import { DAY_MS, KiB, MiB, MINUTE_MS } from "./units.ts";

/** Limits of `lib/protocol`, `lib/rpc` and `lib/endpoint`. */
export const rpcLimits = {
  // One line of the wire.
  /** The longest line that a server takes from a connection before it has signed in. */
  maxLineBytesBeforeSignIn: 64 * KiB,
  /** The longest line that a connection takes after it has signed in. */
  maxLineBytes: 16 * MiB,
  /** A line of more than this many times the longest one cuts the connection. */
  maxLineOverrun: 4,
  /** A line that is too long is known by its first bytes: they hold its id. */
  oversizeHeadBytes: 256,
  /** An error of at most this length is sent however much waits, also as an element of a batch. */
  shortErrorBytes: 512,
  /** How deep arrays and objects may nest in one message. */
  maxDepth: 64,
  /** The most messages in one batch. */
  maxBatchLength: 1_000,
  /** How deep the schemas of two documents are compared; what is deeper counts as the same. */
  maxSchemaDepth: 64,
  /** Bytes in a value are sent as base64 where they are fewer; where they are more, raw if both know that. */
  minBlobBytes: 1 * KiB,
  /** The most places of one message whose values JSON does not carry as they are. */
  maxTypedPlaces: 262_144,
  /** The most digits of a BigInt in a value: reading more takes more than linear time. */
  maxBigintDigits: 10_000,
  /** The decoder remembers the last method's name if the name is at most this long. */
  maxRememberedMethodLength: 64,

  // One connection.
  /** Time to finish a TLS handshake, and then again to sign in before a call of a private method. */
  handshakeTimeoutMs: 10_000,
  /** The most calls that one connection may have under way. */
  maxCallsInFlight: 1_024,
  /** Room for calls under way that a connection has from the start; it doubles when half is used. */
  initialCallSlots: 128,
  /** A connection serves no further calls while this many bytes of replies wait for a slow reader. */
  maxUnsentBytes: 1 * MiB,
  /** The most bytes of replies that one connection may owe; a reply beyond them becomes an error. */
  maxReplyBytes: 64 * MiB,
  /** Bytes of replies that a connection may owe whatever other connections owe. */
  freeReplyBytes: 64 * KiB,
  /** The most bytes of replies that all connections of a server may owe beyond their free ones. */
  maxServerReplyBytes: 256 * MiB,
  /** The share of those bytes that connections without a sign-in may owe together with all others. */
  strangerReplyShare: 0.5,
  /** Lines that wait leave at once when they have so many characters: both sides are at work then. */
  earlyWriteBytes: 16 * KiB,
  /** Lines that wait to be sent leave in writes of about this many bytes; a longer line leaves alone. */
  maxWriteBytes: 1 * MiB,
  /** A peer that takes nothing of what waits for it for this long is cut. */
  stalledPeerMs: 30_000,
  /** A peer that sends nothing for this long while calls wait for it is asked for a sign of life. */
  lifeSignMs: 500,
  /** A peer that was asked is looked at again after this share of that time. */
  askedLookShare: 0.5,
  /** The shortest such time: each sign costs both sides a message. */
  minLifeSignMs: 10,
  /** Calls that may be made twice move to another connection when so many questions have no answer. */
  maxUnansweredPings: 2,
  /** A peer that sends nothing for this long while calls wait for it is cut. */
  silentPeerMs: 10_000,
  /** The most requests of a connection that wait while its replies wait for a slow reader. */
  maxParkedRequests: 1_024,
  /** The bytes of such requests from which no more of them wait. */
  maxParkedBytes: 1 * MiB,
  /** A peer that has ended its input and still has calls is asked this often whether it is there. */
  halfOpenProbeMs: 10_000,
  /** The most streams of one connection whose iterators have not ended, cancelled ones included. */
  maxStreamsAtWork: 16_384,
  /** Time that a closing connection waits for the other side to read the last lines. */
  lingerMs: 500,
  /** Items of a stream that may be on their way before the receiver has to grant more. */
  streamCredit: 256,
  /** Bytes of the messages of such items, where both sides count them. */
  streamCreditBytes: 1 * MiB,
  /** The bytes of files and web streams leave in pieces of at most this length. */
  streamChunkBytes: 48 * KiB,
  /** The longest file that is read into memory where its reader does not say otherwise. */
  maxFileBytesInMemory: 16 * MiB,
  /** A stream in a result ends when its reader has not begun to read for this long. */
  unreadStreamMs: 30_000,
  /** The most versions, and the most features, that one `rpc.hello` names. */
  maxHelloNames: 64,
  /** The longest of those names, and of the name of a program, in characters. */
  maxHelloNameLength: 256,

  // The thread of one server.
  /** Connections that have received more share the thread in turns of this length. */
  maxTurnMs: 5,
  /** Within a turn the clock is read about this often, */
  lookAtClockMs: 0.5,
  /** and after so many lines at the latest. */
  maxLinesPerLook: 64,
  /** Half of the replies to what came at once may leave early where that half is so many lines. */
  minLinesSentEarly: 8,
  /** Whether that pays is measured over so much of what comes, in characters; */
  earlyReplyWindowLength: 256 * KiB,
  /** the way that is tried is kept where it is so many times as fast; */
  earlyReplyGain: 1.1,
  /** and so many windows pass between two trials at most. */
  maxEarlyReplyWindows: 64,
  /** A connection is not read from while this much of what came from it waits for its turn. */
  maxWaitingCharacters: 256 * KiB,
  /** A queue whose calls wait for longer before they begin is looked at. */
  targetDelayMs: 5_000,
  /** Once they have for this long, those are refused */
  delayIntervalMs: 100,
  /** that have waited for so many times the target. */
  shedDelayFactor: 2,

  // One call.
  /** The deadline of a call that names none. */
  callTimeoutMs: 30_000,
  /** The longest deadline that a call may ask for. */
  maxCallTimeoutMs: 1 * DAY_MS,
  /** An error message shows at most this many characters of a method's name that does not exist. */
  maxMethodNameShownLength: 100,
  /** The longest id of a request that an error of a server tells and that is shown, in characters. */
  maxRequestIdLength: 200,
  /** How much of the id of a request is part of the id under which the log knows it, in characters. */
  maxRequestIdShownLength: 100,

  /** The longest idempotency key of a call, in characters. */
  maxIdempotencyKeyLength: 256,
  /** How long a server keeps the answer of a call with such a key. */
  answerKeepMs: 1 * DAY_MS,
  /** An answer that is younger is not given up for want of room: its call may still be tried again. */
  minAnswerKeepMs: 1 * MINUTE_MS,
  /** The most bytes of answers that a server keeps. */
  maxAnswerBytes: 64 * MiB,
  /** The most bytes of answers of one caller. */
  maxAnswerBytesPerPrincipal: 16 * MiB,
  /** Bytes that are kept free for the answer of each such call while it runs. */
  answerReserveBytes: 1 * KiB,
  /** When a call may ask again whose key another server runs. */
  answerPollMs: 100,
  /** The pause before a store that did not take an answer is given it again. */
  answerRetryMs: 1_000,
  /** How many answers may wait for such a store; further calls with a key are refused. */
  maxUnsettledAnswers: 10_000,
  /** The most bytes of answers of one connection whose caller has not signed in. */
  maxStrangerAnswerBytes: 64 * KiB,
  /** The most entries of the map that travels with a call or a reply. */
  maxBaggageEntries: 64,
  /** The most bytes of the names and values of that map, in UTF-8. */
  maxBaggageBytes: 8 * KiB,
  /** The longest `tracestate`, in characters: what W3C Trace Context asks everybody to pass on. */
  maxTraceStateLength: 512,
  /** The most names of those on whose behalf a call is made. */
  maxCallChainLength: 8,
  /** A log shows at most this many characters of what a server says about a method. */
  maxAdviceShownLength: 200,
  /** The most methods of which a client remembers that it has said that they are deprecated. */
  maxDeprecatedRemembered: 1_000,
  /** The longest name of an error that a method declares, in characters. */
  maxErrorNameLength: 64,

  // Calls of one client, and of one connection, that wait for their turn to be sent.
  /** The characters of params of calls that are sent and not answered; the next call waits. */
  maxCharactersInFlight: 64 * MiB,
  /** Characters of our own calls that may wait for a slow reader before the next call waits. */
  maxUnsentCallCharacters: 1 * MiB,
  /** The most calls that may wait; more are refused at once. */
  maxCallsWaiting: 65_536,
  /** The most characters of params of calls that wait; more are refused at once. */
  maxCharactersWaiting: 64 * MiB,
  /** How long something that the other side said without naming a call explains the next end. */
  noticeMemoryMs: 1_000,

  // rpc.discover.
  /** What a caller was told about the methods holds for this long. */
  discoverCacheMs: 1_000,
  /** The most documents that are kept, one for each set of methods that somebody may call. */
  maxDiscoverDocuments: 16,

  // A server without an observer.
  /** It writes at most so many failures of its methods in each interval, and counts the rest. */
  maxFailureReports: 10,
  failureReportIntervalMs: 1 * MINUTE_MS,

  // Params that do not fit their method.
  /** The most things that are told to be wrong with the params of one call. */
  maxParamIssues: 32,
  /** The longest text of one of them, and of one name on the way to it, in characters. */
  maxParamIssueLength: 300,

  // The sample methods.
  /** The most bytes of text that `process_data` puts together. */
  maxSampleTextBytes: 1 * MiB,

  // One server.
  /** Where a server keeps its store and its certificates. */
  dataDirectory: ".dari",
  /** The name of the store's file there. */
  storeFile: "dari.db",
  /** The most connections open at once. */
  maxConnections: 10_000,
  /** Descriptors that connections leave to files, and to connections that come and are refused. */
  reservedDescriptors: 128,
  /** The most connections of one address that have not signed in. */
  maxConnectionsPerPeer: 1_000,
  /** This share of a server's connections is kept from peers that have not signed in. */
  reservedConnectionShare: 0.1,
  /** The most connections that are kept from peers that have not signed in. */
  maxReservedConnections: 64,
  /** A connection that has not signed in is closed after this time without a call. */
  anonymousIdleMs: 5 * MINUTE_MS,
  /** Time that a stopping server gives its running calls. */
  drainTimeoutMs: 10_000,
  /** The same for `dari serve`. */
  serveDrainMs: 30_000,
  /** The age at which connections end is spread at random by this share of it, up and down. */
  connectionAgeJitterShare: 0.1,
  /** The first pause after a connection could not be accepted, for instance for want of descriptors. */
  acceptRetryMs: 10,
  /** The longest pause after a connection could not be accepted. */
  maxAcceptRetryMs: 1_000,
} as const;
