"""How the runtime delivers: throughput, latency and idle cost on a real broker. ``python -m bench.delivery``."""
