/**
 * Limits of logs, of the command line and of programs that are made.
 *
 * @module
 */

import { DAY_MS, KiB, MiB, MINUTE_MS } from "./units.ts";

/** Limits of `lib/ops`, `lib/cli` and `lib/packaging`. */
export const opsLimits = {
  /** The longest value of one field in a log line, in characters. */
  maxLogFieldLength: 200,
  /** The longest error in a log line, with its stack and its causes, in characters. */
  maxLogErrorLength: 8_192,
  /** Log lines that wait while nothing can be written; more are dropped and counted. */
  maxLogQueueBytes: 1 * MiB,
  /** Kinds of log lines that are told apart in one window; lines of further kinds are counted. */
  maxLogKinds: 4_096,
  /** A log file grows to this size before it is put aside, unless the user says otherwise. */
  logFileBytes: 10 * MiB,
  /** The smallest size at which a log file can be put aside. */
  minLogFileBytes: 64 * KiB,
  /** Log files that were put aside and are kept, unless the user says otherwise. */
  logFilesKept: 5,
  /** The most log files that can be kept. */
  maxLogFilesKept: 1_000,
  /** Log lines that wait are written to a file together, up to this length. */
  logBatchBytes: 64 * KiB,
  /** The pause after a log line could not be written. */
  logRetryMs: 500,
  /** How long a server that ends waits for its last log lines to be written. */
  logFlushMs: 500,
  /** Log lines with the same message about the same method in one window; more are counted. */
  maxLogRepeats: 100,
  /** The window of time in which repeated log lines are counted. */
  logRepeatWindowMs: 10_000,
  /** Sets of labels of one metric; what has further ones is counted as `_OTHER`. */
  maxMetricSeries: 2_000,
  /** How often it is measured how late the event loop is. */
  eventLoopLookMs: 100,
  /** How often metrics look at certificates. */
  certificateLookMs: MINUTE_MS,
  /** A day, in which metrics tell how long certificates are good. */
  certificateDayMs: DAY_MS,
  /** The time between two looks of `dari top`, and the shortest that may be asked for. */
  topIntervalMs: 1_000,
  minTopIntervalMs: 100,
  /** What is read at a time of what is typed while a page is shown. */
  maxKeystrokeBytes: 16,
  /** The time between two requests with metrics to a collector of OpenTelemetry. */
  otlpIntervalMs: MINUTE_MS,
  /** How long such a request may take. */
  otlpTimeoutMs: 10_000,
  /** The longest pause after such requests have failed. */
  maxOtlpPauseMs: 10 * MINUTE_MS,
  /** How long a server that ends waits for the last one. */
  otlpLastMs: 2_000,
  /** The port for metrics that messages propose: that of exporters of OpenTelemetry. */
  defaultMetricsPort: 9_464,
  /** Connections to the port of `--metrics` at once. */
  maxMetricsConnections: 64,
  /** How long a request to the port of `--metrics` may take to come, and its answer to leave. */
  metricsRequestMs: 10_000,
  /** Output is written in pieces that a pipe takes whole or not at all: PIPE_BUF of Linux. */
  outputPieceBytes: 4 * KiB,
  /** The pause before a full pipe that does not block is tried again. */
  outputRetryMs: 5,
  /** The longest answer to a question on the terminal. */
  maxTypedAnswerBytes: 4 * KiB,
  /** The pause between two states of a progress bar. */
  progressPauseMs: 100,
  /** The largest file of a lock that is read. */
  maxLockFileBytes: 4 * KiB,
  /** A sign of life is given after this share of the time within which systemd expects one. */
  watchdogShare: 0.5,
  /** The unit of a service asks for a sign of life within this time. */
  serviceWatchdogMs: 30_000,
  /** How often a service that starts asks systemd for more time, where it has a socket for that. */
  serviceStartingMs: 10_000,
  /** So much more it asks for each time: a server that hangs meanwhile is ended then. */
  serviceStartExtensionMs: 40_000,
  /** How often a server that stops says what it waits for. */
  drainStatusMs: 1_000,
  /** Time that a server has beyond that of its calls until systemd ends it. */
  stopGraceMs: 15_000,
  /** Work that takes longer is told of while it goes on. */
  progressAfterMs: 1_000,
  /** The longest name that is compared with those that somebody may have meant, in characters. */
  maxSuggestedLength: 64,
  /** Time to ask a server for its methods while a user waits for the completion of a word. */
  completionTimeoutMs: 2_000,
  /** What a conformance run reads at a time from the peer under test. */
  conformanceReadBytes: 64 * KiB,
  /** How much of a line a conformance report shows, in characters. */
  maxConformanceShownLength: 300,
  /** How long a peer under test may take for each line. */
  conformanceTimeoutMs: 5_000,
  /** How long `dari bench` measures each figure. */
  benchTimeMs: 1_000,
  /** A package whose version is younger is remarked by `deno task audit`. */
  youngPackageDays: 7,
  /** How long `deno task audit` waits for known vulnerabilities. */
  auditTimeoutMs: 30_000,
  /** The launcher script of an executable is padded to a multiple of this. */
  launcherBlockBytes: 4 * KiB,
  /** Connections in one list for administrators; more are counted. */
  maxListedConnections: 10_000,
  /** Running calls of one connection in such a list. */
  maxListedCalls: 100,
  /** The longest text among the params of a method for administrators, in characters. */
  maxOperationTextLength: 1_024,
  /** Texts in one list among such params. */
  maxOperationTexts: 1_000,
  /** Calls that wait for one tap; more are counted and not shown. */
  maxTapQueue: 2_000,
  /** The params that wait with them, in characters. */
  maxTapQueueLength: 1 * MiB,
  /** Calls of a tap in one message. */
  maxTapBatch: 200,
  /** The params of one tapped call as text, in characters. */
  maxTapParamsLength: 4_096,
  /** One text in such params, in characters. */
  maxTapTextLength: 200,
  /** Members of one list or object in such params. */
  maxTapListLength: 50,
  /** How deep such params are shown. */
  maxTapParamsDepth: 8,
  /** Taps of one server at a time. */
  maxTaps: 16,
  /** The largest file of recorded calls that is written and read. */
  maxRecordingBytes: 64 * MiB,
  /** Accounts, sessions, API keys or certificates in one list for administrators; more are counted. */
  maxListedRecords: 500,
  /** Records of the audit that one search looks at: meanwhile no call is served. */
  auditSearchedRecords: 10_000,
  /** Records that one search gives, unless more are asked for. */
  auditFoundRecords: 100,
  /** How often a server remembers what it did, for the charts of those who come later. */
  historyStepMs: 2_000,
  /** How many of those moments it remembers: fifteen minutes. */
  historySteps: 450,
  /** Methods that are told apart in the newest of those moments. */
  maxHistoryMethods: 50,
  /** How long a revocation waits for the connections that it closes. */
  revocationWaitMs: 1_000,
  /** How often it looks whether they are closed. */
  revocationPollMs: 25,

  // Scan and doctor.
  /** The time for a whole scan of a server. */
  scanTimeoutMs: 30_000,
  /** The time for one connection of a scan. */
  scanConnectionTimeoutMs: 4_000,
  /** Connections of one scan. */
  maxScanConnections: 400,
  /** Connections of one scan at a time. */
  maxScanConcurrency: 8,
  /** What a scan reads from one connection. */
  maxScanConnectionBytes: 128 * KiB,
  /** What a scan reads at a time. */
  scanReadBytes: 16 * KiB,
  /** Suites in one ClientHello of a scan: some servers take no long ones. */
  maxScanHelloSuites: 90,
  /** How long a scan waits after a handshake for the server to refuse its certificate. */
  scanQuietMs: 400,
  /** How long a scan waits for an answer to its request. */
  scanSettleMs: 600,
  /** How much of a server's answer a scan shows, in characters. */
  maxScanShownLength: 60,
  /** Suites of one version that a scan lists by name; of more, only those that are weak. */
  maxScanShownSuites: 8,
  /** Certificates of one server that a scan reads. */
  maxScanChainLength: 16,
  /** A certificate that ends sooner is reported. */
  scanExpiryWarningMs: 14 * DAY_MS,
  /** An administrator's account or an API key that was not used for so long is reported. */
  unusedAfterMs: 90 * DAY_MS,
  /** How far the clock may stand before what has happened already. */
  clockToleranceMs: 5 * MINUTE_MS,
  /** Less free space than this is reported, */
  minDiskFreeBytes: 512 * MiB,
  /** unless it is at least this share of the disk. */
  minDiskFreeShare: 0.1,

  // Backups.
  /** How often a backup begins again where files change while the store is copied. */
  maxBackupAttempts: 5,
  /** The largest file of a backup beside the store. */
  maxBackupSmallFileBytes: 16 * MiB,
  /** The longest list of what is in a backup that is read. */
  maxManifestBytes: 64 * KiB,
  /** What is read at a time from a backup. */
  backupReadBytes: 64 * KiB,
  /** Changes that a restore makes in one commit. */
  restoreBatchChanges: 500,
} as const;
