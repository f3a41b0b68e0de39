# ruff: noqa: E501 - a query stands on one line
"""Dashboards as code: the JSON that Grafana loads is drawn from here. ``python -m infra.observe.draw`` writes it.

A panel is a title, a unit and its queries; nothing is queried that is not in the catalogue (a test sees to it).
"""

import json
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "dashboards"
Panel = tuple[str, str, dict[str, str]]
"""Title, unit, and legend → query."""
Board = dict[str, Any]


def _mean(name: str, by: str) -> str:
    return f"sum by ({by}) (rate({name}_sum[5m])) / sum by ({by}) (rate({name}_count[5m]))"


def _quantile(share: float, name: str, by: str) -> str:
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({name}_bucket[5m])))"


GROUP: Final = "messaging_consumer_group_name"
OVERVIEW: Final[list[Panel]] = [
    ("Jobs that ended, per hour", "short", {"{{state}}": "sum by (state) (increase(chalkstream_jobs_total[1h]))"}),
    ("Records before each stage", "short", {"{{stage}}": "max by (stage) (chalkstream_stage_lag_records)"}),
    ("Audio that waits for recognition", "s", {"waiting": "max(chalkstream_queued_audio_seconds)"}),
    ("In hand", "short", {"{{stage}}": "sum by (stage) (chalkstream_inflight)"}),
    ("Oldest in hand", "s", {"{{stage}}": "max by (stage) (chalkstream_oldest_inflight_seconds)"}),
    ("Time to the first cue, 95 %", "s", {"{{tenant}}": _quantile(0.95, "chalkstream_time_to_first_cue_seconds", "tenant")}),
    ("Records done per second", "ops", {"{{" + GROUP + "}}": f"sum by ({GROUP}) (rate(messaging_process_duration_seconds_count[5m]))"}),
    ("Attempts that fail, per second", "ops", {"{{" + GROUP + "}} {{error_type}}": f'sum by ({GROUP}, error_type) (rate(messaging_process_duration_seconds_count{{error_type!=""}}[5m]))'}),
    ("How long one takes, 95 %", "s", {"{{" + GROUP + "}}": _quantile(0.95, "messaging_process_duration_seconds", GROUP)}),
    ("How long one waits, 95 %", "s", {"{{stage}}": _quantile(0.95, "chalkstream_stage_wait_seconds", "stage")}),
    ("Retries, given up, dead letters", "short", {
        "retry {{stage}}": "sum by (stage) (increase(chalkstream_retries_total[15m]))",
        "given up {{stage}}": "sum by (stage) (increase(chalkstream_given_up_total[15m]))",
        "dead {{stage}}": "sum by (stage) (increase(chalkstream_dead_letters_total[15m]))",
    }),
    ("Records sent per second", "ops", {"{{messaging_destination_name}}": "sum by (messaging_destination_name) (rate(messaging_client_sent_messages_total[5m]))"}),
    ("Free share of the disk", "percentunit", {"{{instance}}": "min by (instance) (chalkstream_disk_free)"}),
]  # fmt: skip
MODELS: Final[list[Panel]] = [
    ("Work per second of audio, 90 %", "short", {"{{stage}} {{model}}": _quantile(0.9, "chalkstream_real_time_factor", "stage, model")}),
    ("Models in memory", "short", {"{{kind}} {{model}}": "sum by (kind, model) (chalkstream_model_loaded)"}),
    ("Loading a model", "s", {"{{kind}} {{model}}": _mean("chalkstream_model_load_seconds", "kind, model")}),
    ("Batches: items", "short", {"{{stage}}": _mean("chalkstream_batch_items", "stage")}),
    ("Batches: waiting for company", "s", {"{{stage}}": _mean("chalkstream_batch_wait_seconds", "stage")}),
    ("Mean log-probability, without its minus", "short", {"{{language}}": _mean("chalkstream_speech_surprise", "language")}),
    ("No-speech probability", "percentunit", {"{{language}}": _mean("chalkstream_speech_silence_probability", "language")}),
    ("Compression ratio", "short", {"{{language}}": _mean("chalkstream_speech_compression", "language")}),
    ("Words per minute", "short", {"{{language}}": _mean("chalkstream_speech_words_per_minute", "language")}),
    ("Languages heard", "short", {"{{language}}": "sum by (language) (increase(chalkstream_speech_chunks_total[1h]))"}),
    ("Translation to source, characters", "short", {"{{language}}": _mean("chalkstream_translation_length_ratio", "language")}),
    ("Marked sentences, per hour", "short", {"{{language}} {{reason}}": "sum by (language, reason) (increase(chalkstream_translation_marked_total[1h]))"}),
    ("Cues and violations, per hour", "short", {
        "cues {{language}}": "sum by (language) (increase(chalkstream_cues_total[1h]))",
        "{{rule}}": "sum by (rule) (increase(chalkstream_violations_total[1h]))",
    }),
    ("Suppressed text and lost audio, per hour", "short", {
        "suppressed {{reason}}": "sum by (reason) (increase(chalkstream_suppressed_total[1h]))",
        "lost {{reason}} s": "sum by (reason) (increase(chalkstream_lost_seconds_total[1h]))",
    }),
]  # fmt: skip
ASKED: Final = "gen_ai_operation_name, gen_ai_request_model"
REQUESTS: Final[list[Panel]] = [
    ("Answers per second", "ops", {"{{gen_ai_operation_name}} {{error_type}}": "sum by (gen_ai_operation_name, error_type) (rate(gen_ai_server_request_duration_seconds_count[5m]))"}),
    ("How long an answer takes, 95 %", "s", {"{{gen_ai_operation_name}} {{gen_ai_request_model}}": _quantile(0.95, "gen_ai_server_request_duration_seconds", ASKED)}),
    ("Time to the first token, 95 %", "s", {"{{gen_ai_request_model}}": _quantile(0.95, "gen_ai_server_time_to_first_token_seconds", ASKED)}),
    ("Tokens per second", "short", {"{{gen_ai_token_type}}": "sum by (gen_ai_token_type) (rate(gen_ai_client_token_usage_sum[5m]))"}),
    ("Waiting requests", "short", {"{{stage}}": 'max by (stage) (chalkstream_stage_lag_records{stage=~"chat|illustrate"})'}),
]  # fmt: skip


def board(uid: str, title: str, panels: list[dict[str, Any]], variables: tuple[str, ...] = ()) -> Board:
    """A dashboard; ``variables`` are text boxes."""
    boxes = [{"name": name, "type": "textbox", "label": name} for name in variables]
    return {
        "uid": uid, "title": title, "tags": ["chalkstream"], "schemaVersion": 39, "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"}, "templating": {"list": boxes}, "panels": panels,
    }  # fmt: skip


def lines(panels: list[Panel]) -> list[dict[str, Any]]:
    """Graphs, three in a row."""
    return [_graph(number, *panel) for number, panel in enumerate(panels)]


def _graph(number: int, title: str, unit: str, queries: dict[str, str]) -> dict[str, Any]:
    return {
        "id": number + 1, "type": "timeseries", "title": title,
        "gridPos": {"h": 8, "w": 8, "x": 8 * (number % 3), "y": 8 * (number // 3)},
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "targets": [
            {"refId": chr(65 + at), "expr": query, "legendFormat": legend}
            for at, (legend, query) in enumerate(queries.items())
        ],
    }  # fmt: skip


def job() -> list[dict[str, Any]]:
    """One job: its trace and its log lines."""
    trace = {
        "id": 1, "type": "traces", "title": "The trace", "gridPos": {"h": 20, "w": 24, "x": 0, "y": 0},
        "datasource": {"type": "jaeger", "uid": "jaeger"}, "targets": [{"refId": "A", "query": "$trace"}],
    }  # fmt: skip
    said = {
        "id": 2, "type": "logs", "title": "What was said about it", "gridPos": {"h": 10, "w": 24, "x": 0, "y": 20},
        "datasource": {"type": "loki", "uid": "loki"},
        "targets": [{"refId": "A", "expr": '{service_name="chalkstream"} | trace_id = "$trace"'}],
    }  # fmt: skip
    return [trace, said]


def boards() -> dict[str, Board]:
    """File name → dashboard."""
    return {
        "overview.json": board("chalkstream-overview", "Chalkstream: overview", lines(OVERVIEW)),
        "job.json": board("chalkstream-job", "Chalkstream: one job", job(), ("trace",)),
        "models.json": board("chalkstream-models", "Chalkstream: models and quality", lines(MODELS)),
        "requests.json": board("chalkstream-requests", "Chalkstream: chat and images", lines(REQUESTS)),
    }


def text(made: Board) -> str:
    """As it stands in the file."""
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, made in boards().items():
        (FOLDER / name).write_text(text(made), encoding="utf-8")
