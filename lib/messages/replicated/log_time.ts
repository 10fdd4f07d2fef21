/**
 * The time of tables that several servers change, as their log makes it. No clock decides alone.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { BatchTime } from "../operation/operation.ts";

/** The time at the last batch of the log. It is the same at every server. */
export interface LogTime {
  /** The time of leases, in milliseconds since the epoch. It never goes back. */
  readonly now: number;
  /** The time of delays, schedules and messages, in milliseconds since the epoch. */
  readonly today: number;
  /** When the log got the batch, by its own clock. */
  readonly atMs: number;
  /** How far `now` has gone ahead of the time that passed by the log's clock, in milliseconds. */
  readonly leadMs: number;
}

/** The time before the first batch. */
export const noLogTime: LogTime = { now: 0, today: 0, atMs: 0, leadMs: 0 };

/**
 * The time of a batch.
 *
 * Leases need lengths that are right: the time of leases goes forward with the clocks of those who
 * write, but over all of the log by no more than `maxLogLeadMs` further than the log's own clock says
 * that time has passed. So a writer whose clock is a day ahead ends no lease earlier than by that, once
 * and not with every batch. One whose clock is behind changes nothing.
 *
 * Delays need the wall time: it is that of the writer, that of the log or what it was and what has
 * passed since, whichever lies between the two others. So one clock that is wrong does not reach it, and a
 * time that was wrong is set right. Where it is right within `logTimeToleranceMs` it flows and does not
 * step.
 *
 * @param before The time of the batch before.
 * @param by The clock of the writer.
 * @param atMs When the log got the batch, in milliseconds since the epoch.
 */
export function nextLogTime(before: LogTime, by: BatchTime, atMs: number): LogTime {
  const passedMs = Math.max(0, atMs - before.atMs);
  const mostMs = passedMs + limits.maxLogLeadMs - before.leadMs;
  const askedMs = Math.max(0, by.now - before.now);
  const flownMs = Math.min(askedMs, mostMs);
  const flowed = before.today + (askedMs > mostMs ? passedMs : flownMs);
  const between = middleOf(by.today, atMs, flowed);
  return {
    now: before.now + flownMs,
    today: Math.abs(between - flowed) <= limits.logTimeToleranceMs ? flowed : between,
    atMs,
    leadMs: Math.max(0, before.leadMs + flownMs - passedMs),
  };
}

function middleOf(one: number, two: number, three: number): number {
  return Math.max(Math.min(one, two), Math.min(Math.max(one, two), three));
}
