/**
 * The cases for clients, read from `client_cases/`.
 *
 * @module
 */

import type { ClientCase } from "./case.ts";
import bytes from "./client_cases/bytes.json" with { type: "json" };
import core from "./client_cases/core.json" with { type: "json" };
import drain from "./client_cases/drain.json" with { type: "json" };
import files from "./client_cases/files.json" with { type: "json" };
import hello from "./client_cases/hello.json" with { type: "json" };
import streams from "./client_cases/streams.json" with { type: "json" };
import streamsInValues from "./client_cases/streams_in_values.json" with { type: "json" };
import values from "./client_cases/values.json" with { type: "json" };

/** Every case for clients, by level. */
export const clientCases = [
  ...core,
  ...hello,
  ...streams,
  ...streamsInValues,
  ...files,
  ...values,
  ...bytes,
  ...drain,
] as unknown as readonly ClientCase[];
