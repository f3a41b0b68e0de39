"""Model packs on disk and from hubs: what is installed, what may be used, and how more is brought."""
