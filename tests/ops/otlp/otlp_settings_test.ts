import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { otlpSettings } from "../../../lib/ops/otlp/otlp_settings.ts";

const of = (env: Record<string, string>) => otlpSettings((name) => env[name]);

Deno.test("without an endpoint nothing is sent, nor where OTEL_SDK_DISABLED says so", () => {
  assertEquals(of({}), undefined);
  assertEquals(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "" }), undefined);
  const OTEL_EXPORTER_OTLP_ENDPOINT = "http://localhost:4318";
  assertEquals(of({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: "TRUE" }), undefined);
});

Deno.test("the endpoint of all signals gets a path, that of metrics is used as it is", () => {
  const url = (env: Record<string, string>) => of(env)?.url;
  const OTEL_EXPORTER_OTLP_ENDPOINT = "http://localhost:4318/";
  assertEquals(url({ OTEL_EXPORTER_OTLP_ENDPOINT }), "http://localhost:4318/v1/metrics");
  const OTEL_EXPORTER_OTLP_METRICS_ENDPOINT = "https://otel.example/m";
  assertEquals(
    url({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT }),
    "https://otel.example/m",
  );
});

Deno.test("headers, times and the resource are read", () => {
  const settings = of({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20a%3Db, x-team=shop",
    OTEL_METRIC_EXPORT_INTERVAL: "5000",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=other,deployment.environment=prod",
    OTEL_SERVICE_NAME: "orders",
  });
  assertEquals(settings?.headers, { authorization: "Bearer a=b", "x-team": "shop" });
  assertEquals([settings?.intervalMs, settings?.timeoutMs], [5_000, limits.otlpTimeoutMs]);
  assertEquals(settings?.resource, {
    "service.name": "orders",
    "deployment.environment": "prod",
  });
});

Deno.test("a variable that cannot be used is named, and a secret in it is not", () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = "http://localhost:4318";
  for (
    const env of [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" },
      { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: "secret" },
      { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: "a=%ZZsecret" },
      { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_METRIC_EXPORT_INTERVAL: "1m" },
    ]
  ) {
    const error = assertThrows(() => of(env), DariError, "OTEL_");
    assertEquals([error.code, error.message.includes("secret")], ["configuration", false]);
  }
});
