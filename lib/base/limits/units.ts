/**
 * Units that the tables of limits count in.
 *
 * @module
 */

/** Bytes of a kibibyte. */
export const KiB = 1024;

/** Bytes of a mebibyte. */
export const MiB = 1024 * KiB;

/** Milliseconds of a minute. */
export const MINUTE_MS = 60_000;

/** Milliseconds of an hour. */
export const HOUR_MS = 60 * MINUTE_MS;

/** Milliseconds of a day of 24 hours. */
export const DAY_MS = 24 * HOUR_MS;
