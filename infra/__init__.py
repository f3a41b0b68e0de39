"""What it runs on: settings, stores, models, the decode sandbox and local services; knows no stage."""
