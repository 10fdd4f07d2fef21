import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";

/** Names of the limits that no test needs to name, by the reason. */
const unnamed: Readonly<Record<string, readonly string[]>> = {
  "it changes speed and memory, and no answer": [
    "accountIdBytes",
    "leaseBytes",
    "leaseExtendShare",
    "maxTakesAhead",
    "maxWorkerRetryMs",
    "queuePollMs",
    "workerRetryMs",
    "workerWaitMs",
    "apiKeyIdBytes",
    "authorityNameBytes",
    "auditGroupMs",
    "auditPieceLength",
    "blobEdgeBytes",
    "blobSearchBytes",
    "benchTimeMs",
    "latencyWeight",
    "doorbellReadBytes",
    "eagerPollMs",
    "http2FirstWriteBytes",
    "initialScratchBytes",
    "largeBufferBytes",
    "launcherBlockBytes",
    "lockIdBytes",
    "logBatchBytes",
    "maxKeystrokeBytes",
    "maxCachedTokens",
    "conformanceReadBytes",
    "maxConformanceShownLength",
    "maxContextsInUse",
    "maxLargeBuffersKept",
    "maxLockTries",
    "maxMediumBuffersKept",
    "maxPollMs",
    "maxRememberedAuthorities",
    "maxRememberedCertificates",
    "maxRememberedMethodLength",
    "maxSettleMicrotasks",
    "maxSpinPauses",
    "mediumBufferBytes",
    "minAsciiCheckBytes",
    "mutualTlsPieceBytes",
    "natsIdBytes",
    "natsReadBytes",
    "outputPieceBytes",
    "poolBatchMs",
    "poolPrefetch",
    "roomPollMs",
    "roundsPerClockRead",
    "segmentSpinMs",
    "segmentSpinSkips",
    "socketInitialReadBytes",
    "socketReadBytes",
    "spinBlockingMs",
    "tlsInitialReadBytes",
    "threadMomentMs",
    "threadSecondParts",
    "tlsReadBytes",
    "tlsStreamPieceBytes",
    "maxWebSocketLookMs",
    "webSocketLookMs",
    "webSocketMasksAtOnce",
    "webSocketPieceBytes",
    "webSocketReadBytes",
  ],
  "a pause, a patience or a life whose tests name the moment by a clock of their own": [
    "acceptProbeMs",
    "acceptProbeTimeoutMs",
    "auditCheckpointMs",
    "auditRetryMs",
    "auditTailPauseMs",
    "auditTimeoutMs",
    "authorityLifeMs",
    "childConnectTimeoutMs",
    "childGraceMs",
    "completionTimeoutMs",
    "conformanceTimeoutMs",
    "connectRetryMs",
    "eventStreamAliveMs",
    "failureMemoryMs",
    "failureRecordLifeMs",
    "httpHeadersTimeoutMs",
    "httpKeepAliveMs",
    "httpRequestTimeoutMs",
    "httpTimeoutCheckMs",
    "logFlushMs",
    "logRetryMs",
    "maxConnectRetryMs",
    "maxLedgerRetryPauseMs",
    "mcpDrainMs",
    "metricsRequestMs",
    "otlpIntervalMs",
    "otlpLastMs",
    "scanQuietMs",
    "scanSettleMs",
    "topIntervalMs",
    "proxyIdleMs",
    "programStartMs",
    "proxyRecheckMs",
    "maxRevocationAgeMs",
    "maxSocketLockWaitMs",
    "nameTtlWaitMs",
    "natsConnectTimeoutMs",
    "natsDiscoverTtlMs",
    "natsFlushMs",
    "natsPingMs",
    "natsReconnectMs",
    "outputRetryMs",
    "poolWatchdogSlackMs",
    "reloadRetryMs",
    "revocationCheckMs",
    "selfSignedLifeMs",
    "signInRenewAfterShare",
    "signInRetryAfterShare",
    "signInTimeoutMs",
    "storeBusyTimeoutMs",
    "storePollMs",
    "storeTombstoneMs",
    "touchShare",
    "trialCertificateLifeMs",
    "trialTimeoutMs",
    "peerTurnPauseMs",
    "threadLockWaitMs",
    "threadRestartPauseMs",
    "threadStartTimeoutMs",
    "threadStopGraceMs",
  ],
  "a bound or a default whose tests give the number itself where they need it": [
    "factorIdBytes",
    "oneTimeCodeDigits",
    "oneTimeSecretBytes",
    "maxScanChainLength",
    "defaultMetricsPort",
    "initialCallSlots",
    "keyDerivationIterations",
    "maxAcceptsBeforeReload",
    "maxHttpRequests",
    "maxLocksRemembered",
    "maxMethodNameShownLength",
    "maxPeersChecked",
    "maxServerReplyBytes",
    "maxSocketAttempts",
    "maxTimerMs",
    "maxTypedAnswerBytes",
    "minTopIntervalMs",
    "maxWaitingBytes",
    "pkcs12MacIterations",
    "reservedConnectionShare",
    "scramNonceBytes",
    "serialBytes",
    "signatureNonceBytes",
    "tokenBytes",
    "trialRequestBytes",
  ],
};

/** The text of every test, without those of the limits themselves. */
async function readTests(directory: URL): Promise<string> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (name === "limits") continue;
    const entry = new URL(isDirectory ? `${name}/` : name, directory);
    if (isDirectory) texts.push(await readTests(entry));
    else if (name.endsWith("_test.ts")) texts.push(await Deno.readTextFile(entry));
  }
  return texts.join("\n");
}

Deno.test("every limit is named by a test, or it is listed here with the reason", async () => {
  const tests = await readTests(new URL("../../", import.meta.url));
  const words = new Set(tests.match(/\w+/g));
  const excused = new Set(Object.values(unnamed).flat());
  const missing = Object.keys(limits).filter((name) => !words.has(name) && !excused.has(name));
  assertEquals(missing, [], "test each at its value and one beyond, by its name");
});

Deno.test("what is listed as not named is a limit, listed once, and named by no test", async () => {
  const names = Object.values(unnamed).flat();
  const words = new Set((await readTests(new URL("../../", import.meta.url))).match(/\w+/g));
  assertEquals(names.filter((name) => words.has(name)), []);
  assertEquals(new Set(names).size, names.length);
  assertEquals(names.filter((name) => !Object.hasOwn(limits, name)), []);
});
