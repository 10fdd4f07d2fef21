/**
 * How far files have come, in one line of a terminal.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Io } from "../app/command.ts";

const BAR_COLUMNS = 20;
const LABEL_COLUMNS = 10;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** What is shown of a transfer. */
export interface Transfer {
  /** The bytes that are there. */
  readonly bytes: number;
  /** All bytes. */
  readonly size: number;
  /** The bytes of the last second, about; `undefined` while that is not known. */
  readonly bytesPerSecond: number | undefined;
}

/** Shows how far files have come; on anything but a terminal it does nothing. */
export class ProgressBar implements Disposable {
  readonly #show: ((line: string) => void) | undefined;
  readonly #label: string;
  readonly #now: () => number;
  /** Where the rate is counted from: what was there at that time, in milliseconds. */
  #from: { readonly atMs: number; readonly bytes: number } | undefined;
  #shownAtMs = -Infinity;
  #last: Transfer | undefined;

  /**
   * Shows nothing yet.
   *
   * @param io The terminal.
   * @param label What stands before the bar.
   * @param now Gives the time in milliseconds.
   */
  constructor(
    io: Pick<Io, "status">,
    label: string,
    now: () => number = () => performance.now(),
  ) {
    this.#show = io.status;
    this.#label = label;
    this.#now = now;
  }

  /**
   * Takes how far it is; shows it where the last time is `limits.progressPauseMs` ago.
   *
   * @param bytes The bytes that are there; fewer than before where a try begins again.
   * @param size All bytes.
   */
  update(bytes: number, size: number): void {
    if (this.#show === undefined) return;
    const atMs = this.#now();
    // What an earlier try left was not transferred now.
    if (this.#from === undefined || bytes < this.#from.bytes) this.#from = { atMs, bytes };
    const seconds = (atMs - this.#from.atMs) / 1_000;
    const bytesPerSecond = seconds > 0 ? (bytes - this.#from.bytes) / seconds : undefined;
    this.#last = { bytes, size, bytesPerSecond };
    if (atMs - this.#shownAtMs < limits.progressPauseMs) return;
    this.#shownAtMs = atMs;
    this.#show(formatTransfer(this.#label, this.#last));
  }

  /** Leaves the last line as it is. */
  [Symbol.dispose](): void {
    if (this.#last === undefined) return;
    this.#show?.(formatTransfer(this.#label, this.#last));
    this.#show?.("");
    this.#last = undefined;
  }
}

/**
 * Writes a transfer in one line of at most 80 columns.
 *
 * @param label What stands before the bar.
 * @param transfer The transfer.
 * @returns For instance `sent  42% [########------------]  420.0 MiB of 1.0 GiB  88.1 MiB/s`.
 */
export function formatTransfer(
  label: string,
  { bytes, size, bytesPerSecond }: Transfer,
): string {
  const share = size === 0 ? 1 : Math.min(1, bytes / size);
  const bar = "#".repeat(Math.floor(share * BAR_COLUMNS)).padEnd(BAR_COLUMNS, "-");
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const rate = bytesPerSecond === undefined ? "" : `  ${formatBytes(bytesPerSecond)}/s`;
  const shown = label.length > LABEL_COLUMNS ? `${label.slice(0, LABEL_COLUMNS - 1)}…` : label;
  return `${shown} ${percent} [${bar}]  ${formatBytes(bytes)} of ${formatBytes(size)}${rate}`;
}

/**
 * Writes a number of bytes for people.
 *
 * @param bytes The number.
 * @returns For instance `512 B` or `1.5 MiB`.
 */
export function formatBytes(bytes: number): string {
  let [amount, unit] = [bytes, 0];
  while (Number(amount.toFixed(1)) >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[unit]}`;
}
