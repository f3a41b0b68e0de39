"""HTTP for people and programs that don't speak Kafka (CONTRACT §4): routes ask a ``Backend``, cluster or this machine.

Nothing of a client's choosing becomes a key of ours, nor a header or HTML unescaped; blocking calls go to threads.
"""
