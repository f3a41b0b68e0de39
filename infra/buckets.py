"""What ``init`` makes in the store: buckets, the notification of uploads, the end of old artefacts. Idempotent, and
beside whatever rules others have made there.

By the MinIO client, which speaks these S3 calls to any store that has them.
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from infra.local.minio import ARNS
from infra.settings import StoreSettings
from schemas.errors import BadSettings, Unavailable

UPLOADS, RESULTS, WORK, STATE = "uploads", "results", "work", "state"
BUCKETS: Final = (UPLOADS, RESULTS, WORK, STATE)
OLD_WORK: Final = "old-work"
WORK_DAYS: Final = 60
"""Artefacts go this long after they were written, or found old by a run that begins (``S3Store.renew``): twice the 30
days that events are kept, so that whatever a run begins with is there until it has ended."""


def prepare(settings: StoreSettings) -> list[str]:
    """Make what is missing; returns what was made. Raises BadSettings and Unavailable."""
    from minio.error import MinioException
    from urllib3.exceptions import HTTPError

    try:
        client = _client(settings)
        made = [f"bucket {name}" for name in BUCKETS if _bucket(client, name)]
        made += ["notification of uploads"] if _notification(client) else []
        return made + (["lifecycle of work"] if _lifecycle(client) else [])
    except (MinioException, HTTPError, OSError) as error:
        raise Unavailable(
            f"the store at {settings.endpoint} can't be prepared ({type(error).__name__} {getattr(error, 'code', '')})",
            "check CHALKSTREAM_STORE__ENDPOINT and its keys, and that it notifies Kafka as PRIMARY",
        ) from error


def silent(settings: StoreSettings) -> list[str]:
    """The notification targets that hear nothing of uploads. Raises Unavailable."""
    from minio.error import MinioException
    from urllib3.exceptions import HTTPError

    try:
        there = _client(settings).get_bucket_notification(bucket_name=UPLOADS)
    except (MinioException, HTTPError, OSError) as error:
        raise Unavailable(f"the store can't be asked ({type(error).__name__})", "check its keys") from error
    return _untold(there.queue_config_list or ())


def _client(settings: StoreSettings) -> Any:
    from minio import Minio

    if not settings.access_key or not settings.secret_key:
        raise BadSettings("CHALKSTREAM_STORE__ACCESS_KEY and …__SECRET_KEY are not set", "set both")
    where = urlsplit(settings.endpoint)
    return Minio(
        where.netloc, access_key=settings.access_key.get_secret_value(),
        secret_key=settings.secret_key.get_secret_value(), secure=where.scheme == "https", region=settings.region,
        http_client=_trusting(str(settings.ca_file)) if settings.ca_file else None,
    )  # fmt: skip


def _trusting(authority: str) -> Any:
    """A pool of connections that believes one authority; the client's own believes those of the system."""
    import urllib3

    return urllib3.PoolManager(
        cert_reqs="CERT_REQUIRED", ca_certs=authority, timeout=urllib3.Timeout(connect=5, read=30),
        retries=urllib3.Retry(total=3, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
    )  # fmt: skip


def _bucket(client: Any, name: str) -> bool:
    if client.bucket_exists(bucket_name=name):
        return False
    client.make_bucket(bucket_name=name)
    return True


def _notification(client: Any) -> bool:
    """Both ways to the same topic: an upload is announced twice, at once and from a queue on disk; its job is one."""
    from minio.notificationconfig import NotificationConfig, QueueConfig

    there = client.get_bucket_notification(bucket_name=UPLOADS)
    queues = list(there.queue_config_list or ())
    missing = _untold(queues)
    if not missing:
        return False
    queues += [QueueConfig(["s3:ObjectCreated:*"], config_id=f"chalkstream-{arn}", queue=arn) for arn in missing]
    everything = NotificationConfig(there.cloud_func_config_list, queues, there.topic_config_list)
    client.set_bucket_notification(bucket_name=UPLOADS, config=everything)
    return True


def _untold(queues: Iterable[Any]) -> list[str]:
    """Those of our targets that no rule tells of every upload."""
    told = {
        each.queue for each in queues
        if any(event.startswith("s3:ObjectCreated:") for event in each.events)
        and not (each.prefix_filter_rule or each.suffix_filter_rule)
    }  # fmt: skip
    return sorted(set(ARNS) - told)


def _lifecycle(client: Any) -> bool:
    from minio.commonconfig import ENABLED, Filter
    from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule

    there = client.get_bucket_lifecycle(bucket_name=WORK)
    rules = list(there.rules) if there else []
    if any(rule.rule_id == OLD_WORK for rule in rules):
        return False
    rule = Rule(ENABLED, rule_filter=Filter(prefix=""), rule_id=OLD_WORK, expiration=Expiration(days=WORK_DAYS))
    client.set_bucket_lifecycle(bucket_name=WORK, config=LifecycleConfig([*rules, rule]))
    return True
