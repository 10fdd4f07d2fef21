import * as api from "@opentelemetry/api";

/** A span that was recorded. */
export interface RecordedSpan {
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly attributes: Record<string, unknown>;
  ended: number;
  isError: boolean;
}

/** Records spans in this process until it is disposed of. */
export function recordSpans(): { readonly spans: RecordedSpan[] } & Disposable {
  const spans: RecordedSpan[] = [];
  let last = 0;
  const id = (length: number) => (++last).toString(16).padStart(length, "0");
  const startSpan: api.Tracer["startSpan"] = (name, { kind = 0, attributes } = {}, context) => {
    const parent = api.trace.getSpanContext(context ?? api.context.active());
    const span: RecordedSpan = {
      ...{ name, kind: api.SpanKind[kind]!, ended: 0, isError: false },
      traceId: parent?.traceId ?? id(32),
      spanId: id(16),
      parentId: parent?.spanId,
      attributes: { ...attributes },
    };
    spans.push(span);
    const { traceId, spanId } = span;
    return {
      spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
      isRecording: () => span.ended === 0,
      setAttribute(key: string, value: unknown) {
        span.attributes[key] = value;
        return this;
      },
      setStatus({ code }: api.SpanStatus) {
        span.isError = code === api.SpanStatusCode.ERROR;
        return this;
      },
      end: () => void span.ended++,
    } as unknown as api.Span;
  };
  const tracer = { startSpan } as api.Tracer;
  api.trace.setGlobalTracerProvider({ getTracer: () => tracer });
  return { spans, [Symbol.dispose]: () => api.trace.disable() };
}
