/**
 * Stands for what is written of each document: where its types have dates and bytes.
 *
 * @module
 */

import type { Plans } from "./values.ts";

export const PLANS: Plans = {};

/** Whether the server remembers the answers of calls with a key. */
export const KEEPS_KEYS: boolean = false;
