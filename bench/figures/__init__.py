"""One file per group of figures: a function of a ``Lab`` that gives ``Figure`` values. Nothing here prints."""
