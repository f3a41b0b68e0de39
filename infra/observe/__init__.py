"""What reads the telemetry: collector, Prometheus, alerts, dashboards. Configuration, and the drawing of dashboards."""
