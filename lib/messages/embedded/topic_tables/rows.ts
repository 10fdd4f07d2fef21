/**
 * Rows of the tables of topics. `lib/store/migrations.ts` says what their columns mean.
 *
 * @module
 */

import type { Sql } from "../../../store/tables/sql.ts";
import { defaultTopicSettings, type TopicSettings } from "../../topic/settings.ts";

/** A row of `topics`, which a transaction changes here and writes at its end. */
export interface TopicRow {
  readonly id: number;
  readonly name: string;
  settings: TopicSettings;
  /** The number of the oldest message that is kept, or of the next one where none is. */
  first: number;
  /** The number of the last message. */
  last: number;
  bytes: number;
  /** When those two were published, in milliseconds since the epoch. */
  first_at: number;
  last_at: number;
}

/** A row of `topics` as SQLite has it. */
type StoredTopic = Omit<TopicRow, "settings"> & { readonly settings: string };

/** A message as the store has it. */
export interface TopicMessageRow {
  /** Its place in its topic. In a topic that keeps nothing it counts those that this thread has seen. */
  readonly number: number;
  readonly name: string;
  readonly published_at: number;
  readonly published_by: string;
  readonly id: string | null;
  readonly bytes: number;
  readonly types: string | null;
  readonly value: string;
}

/** Names a group among those of all topics. */
export function groupKey(topic: string, group: string): string {
  return `${topic}.${group}`; // neither of them has a point
}

/** Finds a topic without changing it. */
export function findTopicRow(sql: Sql, name: string): TopicRow | undefined {
  const [row] = sql.all<StoredTopic>("SELECT * FROM topics WHERE name = ?", name);
  return row && topicOf(row);
}

/** The topics of a store, by name. */
export function allTopicRows(sql: Sql): TopicRow[] {
  return sql.all<StoredTopic>("SELECT * FROM topics ORDER BY name").map(topicOf);
}

function topicOf(row: StoredTopic): TopicRow {
  const settings = row.settings === "{}"
    ? defaultTopicSettings
    : { ...defaultTopicSettings, ...JSON.parse(row.settings) as Partial<TopicSettings> };
  return { ...row, settings };
}

/** Only what differs from the defaults is stored, so that a better default reaches old topics. */
export function changedSettings(settings: TopicSettings): Partial<TopicSettings> {
  if (settings === defaultTopicSettings) return {};
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) =>
      value !== defaultTopicSettings[name as keyof TopicSettings]
    ),
  );
}
