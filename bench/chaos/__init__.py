"""Many uploads while workers die: what must hold, shown from outside. ``python -m bench.chaos``."""
