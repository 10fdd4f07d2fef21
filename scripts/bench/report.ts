/**
 * The benchmark's table.
 *
 * @module
 */

/** How a column is written. */
export interface Column {
  /** Its heading. */
  readonly title: string;
  /** Whether it is flushed left. */
  readonly left?: boolean;
}

/**
 * Lays out rows under headings.
 *
 * @param columns The headings.
 * @param rows A text for each column.
 * @returns The lines.
 */
export function layOut(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  return all.map((row) =>
    columns.map(({ left }, index) => {
      const text = row[index] ?? "";
      const width = widths[index] ?? 0;
      return left ? text.padEnd(width) : text.padStart(width);
    }).join("  ").trimEnd()
  );
}

/** A rate with three figures: `1.31M`, `164k`, `9.41k`, `812`. */
export function formatRate(rate: number): string {
  if (!Number.isFinite(rate)) return "-";
  if (rate >= 999_500) return `${(rate / 1e6).toPrecision(3)}M`;
  return rate >= 1_000 ? `${(rate / 1_000).toPrecision(3)}k` : rate.toPrecision(3);
}

/** The least and the most of some figures: `0.81–0.93`; nothing of a single one. */
export function formatRange(
  figures: readonly number[],
  format: (figure: number) => string,
): string {
  if (figures.length < 2) return "";
  return `${format(Math.min(...figures))}–${format(Math.max(...figures))}`;
}

/** Microseconds with one decimal place, or `-` where there is no figure. */
export function formatMicroseconds(us: number): string {
  return Number.isNaN(us) ? "-" : us.toFixed(1);
}

/** Bytes in MiB. */
export function formatMiB(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(0)} MiB`;
}
