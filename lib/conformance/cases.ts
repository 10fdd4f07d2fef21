/**
 * The cases of the kit, read from `cases/`.
 *
 * @module
 */

import batches from "./cases/batches.json" with { type: "json" };
import builtin from "./cases/builtin.json" with { type: "json" };
import bytes from "./cases/bytes.json" with { type: "json" };
import deadlines from "./cases/deadlines.json" with { type: "json" };
import drain from "./cases/drain.json" with { type: "json" };
import errors from "./cases/errors.json" with { type: "json" };
import framing from "./cases/framing.json" with { type: "json" };
import hello from "./cases/hello.json" with { type: "json" };
import ids from "./cases/ids.json" with { type: "json" };
import jobs from "./cases/jobs.json" with { type: "json" };
import keys from "./cases/keys.json" with { type: "json" };
import messages from "./cases/messages.json" with { type: "json" };
import meta from "./cases/meta.json" with { type: "json" };
import notifications from "./cases/notifications.json" with { type: "json" };
import params from "./cases/params.json" with { type: "json" };
import queues from "./cases/queues.json" with { type: "json" };
import schedules from "./cases/schedules.json" with { type: "json" };
import signIn from "./cases/sign_in.json" with { type: "json" };
import streams from "./cases/streams.json" with { type: "json" };
import streamsInValues from "./cases/streams_in_values.json" with { type: "json" };
import topics from "./cases/topics.json" with { type: "json" };
import values from "./cases/values.json" with { type: "json" };
import work from "./cases/work.json" with { type: "json" };
import type { ConformanceCase } from "./case.ts";

/** Every case, by level and then by section. */
export const conformanceCases = [
  ...framing,
  ...messages,
  ...ids,
  ...notifications,
  ...params,
  ...errors,
  ...batches,
  ...builtin,
  ...deadlines,
  ...hello,
  ...streams,
  ...streamsInValues,
  ...signIn,
  ...meta,
  ...values,
  ...bytes,
  ...drain,
  ...keys,
  ...queues,
  ...topics,
  ...jobs,
  ...schedules,
  ...work,
] as unknown as readonly ConformanceCase[];
