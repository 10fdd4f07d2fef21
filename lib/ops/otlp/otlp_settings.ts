/**
 * Where metrics are sent by OTLP, as the environment says.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otel/protocol/exporter/ | OTLP exporter configuration}
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** Where metrics are sent. */
export interface OtlpSettings {
  /** The URL of the metrics of a collector, for instance `http://localhost:4318/v1/metrics`. */
  readonly url: string;
  /** Headers of each request, for instance a token. */
  readonly headers: Readonly<Record<string, string>>;
  /** The time between two requests, in milliseconds. */
  readonly intervalMs: number;
  /** How long a request may take, in milliseconds. */
  readonly timeoutMs: number;
  /** What is told of this program: `service.name` and others. */
  readonly resource: Readonly<Record<string, string>>;
}

/**
 * Reads the environment.
 *
 * @param env Gives a variable, where it is set and may be read.
 * @returns The settings; `undefined` where nothing is to be sent.
 * @throws {DariError} `configuration` for a variable that cannot be used.
 */
export function otlpSettings(env: (name: string) => string | undefined): OtlpSettings | undefined {
  if (env("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return undefined;
  const own = env("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") || undefined;
  const common = env("OTEL_EXPORTER_OTLP_ENDPOINT") || undefined;
  const text = own ?? common?.replace(/\/?$/, "/v1/metrics");
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new DariError(
      "configuration",
      `${JSON.stringify(text)} of OTEL_EXPORTER_OTLP_ENDPOINT is no URL: write for instance ` +
        "http://localhost:4318",
    );
  }
  const headers = env("OTEL_EXPORTER_OTLP_METRICS_HEADERS") || env("OTEL_EXPORTER_OTLP_HEADERS");
  const timeout = "OTEL_EXPORTER_OTLP_TIMEOUT";
  return {
    url: url.href,
    headers: pairsOf(headers ?? "", "OTEL_EXPORTER_OTLP_HEADERS"),
    intervalMs: milliseconds(env, "OTEL_METRIC_EXPORT_INTERVAL", limits.otlpIntervalMs),
    timeoutMs: milliseconds(env, timeout, limits.otlpTimeoutMs),
    resource: {
      "service.name": "dari",
      ...pairsOf(env("OTEL_RESOURCE_ATTRIBUTES") ?? "", "OTEL_RESOURCE_ATTRIBUTES"),
      ...(env("OTEL_SERVICE_NAME") ? { "service.name": env("OTEL_SERVICE_NAME")! } : {}),
    },
  };
}

/** `name=value,name=value`, percent-encoded. The values are secrets: an error does not repeat them. */
function pairsOf(text: string, variable: string): Record<string, string> {
  try {
    return Object.fromEntries(
      text.split(",").filter((pair) => pair.trim() !== "").map((pair) => {
        const equals = pair.indexOf("=");
        if (equals < 1) throw new SyntaxError();
        const name = decodeURIComponent(pair.slice(0, equals).trim());
        return [name, decodeURIComponent(pair.slice(equals + 1).trim())];
      }),
    );
  } catch {
    throw new DariError("configuration", `${variable} has the form name=value,name=value`);
  }
}

function milliseconds(
  env: (name: string) => string | undefined,
  name: string,
  ifUnset: number,
): number {
  const text = env(name);
  if (!text) return ifUnset;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new DariError("configuration", `${name} is a number of milliseconds, and not "${text}"`);
}
