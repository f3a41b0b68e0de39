"""Traces, numbers and logs for those who run this, by OpenTelemetry. Off unless somebody asks; bounded.

Laws: without an exporter and a monitor nothing of OpenTelemetry is imported; a collector that is away costs a full
queue and no more; nothing that was said, shown, uploaded or asked is ever in it; telemetry never fails work.
"""
