/**
 * The cases for clients, read from `client_cases/`.
 *
 * @module
 */

import type { ClientCase } from "./case.ts";
import core from "./client_cases/core.json" with { type: "json" };
import streams from "./client_cases/streams.json" with { type: "json" };

/** Every case for clients, by level. */
export const clientCases = [...core, ...streams] as unknown as readonly ClientCase[];
