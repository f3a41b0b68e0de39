"""What ``chalkstream doctor`` looks at: one file per subject, one function per question, found by themselves.

A check is a function marked ``@check`` that takes the ``Situation`` and yields ``Finding`` values; it never prints,
never stops the others, and never changes anything but a probe file that it removes.
"""
