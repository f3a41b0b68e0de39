"""Waiting for one of several things, and ending a task. asyncio only."""

import asyncio
import contextlib
from typing import Any


async def first(*waited: Any) -> None:
    """Until one of these is done; what was made for it alone is ended."""
    made = [asyncio.ensure_future(each) for each in waited]
    try:
        await asyncio.wait(made, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task, each in zip(made, waited, strict=True):
            if task is not each:
                task.cancel()


async def end(task: "asyncio.Task[None] | None") -> None:
    """Cancel it, and wait until it is gone."""
    if task is not None and not task.done():
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
