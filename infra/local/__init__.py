"""Real Apache Kafka and real MinIO on loopback, without Docker (CONTRACT §1 `services`, DESIGN §11).

What is here may start, watch and stop processes of this user on this machine; it listens on 127.0.0.1
only, asks outside only for the first build, and never touches a process that it did not start.
"""
