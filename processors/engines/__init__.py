"""Model engines behind the bench's Protocols; heavy libraries are imported here, inside loaders, and nowhere else."""
