"""What reads the telemetry asks for nothing that is not there; every alert rings, is silent, and says what to do."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.observe import draw
from infra.telemetry.catalogue import CATALOGUE, series
from streams.bootstrap_cluster import cluster_stages
from tests.needs import tool

HERE = Path(draw.__file__).parent
DOC = Path(__file__).parents[3] / "docs" / "observing.md"
ALERTS: list[dict[str, Any]] = yaml.safe_load((HERE / "alerts.yaml").read_text())["groups"][0]["rules"]
NAMES = re.compile(r"\b(?:chalkstream|messaging|gen_ai)_[a-z_]+\b(?!\s*[=!])")


def queries() -> list[str]:
    drawn = [target["expr"] for made in draw.boards().values() for panel in made["panels"]
             for target in panel["targets"] if panel["datasource"]["type"] == "prometheus"]  # fmt: skip
    return drawn + [alert["expr"] for alert in ALERTS]


def labels() -> set[str]:
    return {label.replace(".", "_") for each in CATALOGUE.values() for label in each.labels}


@pytest.mark.parametrize("query", queries())
def test_a_query_asks_only_for_what_there_is(query: str) -> None:
    asked = {name for name in NAMES.findall(query) if name not in labels()}
    assert asked <= set(series()), asked - set(series())
    assert asked or "up{" in query


def test_the_dashboards_are_those_of_the_code() -> None:
    drawn = {name: draw.text(made) for name, made in draw.boards().items()}
    assert {path.name: path.read_text("utf-8") for path in draw.FOLDER.glob("*.json")} == drawn, (
        "run: python -m infra.observe.draw"
    )


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_an_alert_says_what_it_is_about_and_where_it_stands_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["annotations"]["runbook"] == f"docs/observing.md#{alert['alert'].lower()}"
    assert alert["annotations"]["summary"] and alert["labels"]["severity"] in ("page", "ticket")
    assert f"### {alert['alert']}\n" in DOC.read_text("utf-8")


def test_every_alert_is_tested_ringing_and_silent() -> None:
    tests = yaml.safe_load((HERE / "alerts_test.yaml").read_text())["tests"]
    for alert in ALERTS:
        mine = [each["alert_rule_test"][0] for each in tests if each["name"].split()[0] == alert["alert"]]
        assert sorted(bool(each["exp_alerts"]) for each in mine) == [False, True]


def test_the_rules_do_what_their_tests_say() -> None:
    words = [tool("promtool"), "test", "rules", "alerts_test.yaml"]
    done = subprocess.run(words, cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_asks_the_workers_of_every_stage() -> None:
    jobs = yaml.safe_load((HERE / "prometheus.yaml").read_text())["scrape_configs"]
    asked = {name for each in jobs[0]["dns_sd_configs"] for name in each["names"]}
    services = yaml.safe_load((HERE.parents[1] / "docker-compose.yml").read_text())["services"]
    workers = {name for name, service in services.items() if service.get("command", [""])[0] == "worker"}
    assert {stage.name for stage in cluster_stages()} <= workers == asked
