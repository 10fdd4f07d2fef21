import { assert, assertLess } from "@std/assert";
import { transportLimits } from "../../../lib/base/limits/transport.ts";

Deno.test("transportLimits read into at first no more than one read brings", () => {
  assertLess<number>(transportLimits.socketInitialReadBytes, transportLimits.socketReadBytes);
  assertLess<number>(transportLimits.tlsInitialReadBytes, transportLimits.tlsReadBytes);
});

Deno.test("transportLimits keep at most 16 MiB of borrowed memory of each size", () => {
  const {
    tinyBufferBytes,
    smallBufferBytes,
    mediumBufferBytes,
    largeBufferBytes,
    maxTinyBuffersKept,
    maxSmallBuffersKept,
    maxMediumBuffersKept,
    maxLargeBuffersKept,
    socketInitialReadBytes,
    maxReadBuffersKept,
  } = transportLimits;
  for (
    const bytes of [
      tinyBufferBytes * maxTinyBuffersKept,
      smallBufferBytes * maxSmallBuffersKept,
      mediumBufferBytes * maxMediumBuffersKept,
      largeBufferBytes * maxLargeBuffersKept,
      socketInitialReadBytes * maxReadBuffersKept,
    ]
  ) {
    assert(bytes <= 16 * 1024 * 1024);
  }
});

Deno.test("transportLimits send the last blank line before a delayed acknowledgement of 40 ms", () => {
  assertLess<number>(transportLimits.firstBlankLineMs, transportLimits.lastBlankLineMs);
  assertLess<number>(transportLimits.lastBlankLineMs, 40);
});

Deno.test("transportLimits decode as short text only what is searched as text too", () => {
  assertLess<number>(transportLimits.maxShortTextBytes, transportLimits.maxTextSearchBytes);
});
