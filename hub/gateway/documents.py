"""The OpenAPI 3.1 document, from the contract alone: no server and no store are needed to write it."""

from functools import cache
from importlib.metadata import version
from inspect import cleandoc, getdoc

from litestar import Litestar
from litestar.openapi import OpenAPIConfig

from hub.gateway.components import Json, Schemas
from hub.gateway.entries import ROUTES, SCHEME, entry, standing_entry
from hub.gateway.parameters import HEADERS, PARAMETERS, headers
from hub.identity.controllers import OAuthController, WellKnownController
from hub.identity.scopes import contract_scopes
from schemas.contract import SCENARIOS, Operation
from schemas.scenarios import operations

TITLE = "Scenario hub"
ABOUT = cleandoc(
    """
    One API between a bank's app and the partners behind its customers' everyday scenarios.

    - **Money** is a decimal string with its currency, never a float: `{"amount": "12.30", "currency": "CNY"}`.
    - **Until an order is `succeeded` or `declined`, it is never paid again**: the hub finds out what became of it,
      and the order tells. Every order carries an `Idempotency-Key`; the same key is the same order.
    - **Problems** are RFC 9457 and name the field at fault. Every answer carries a `Trace-Id`.
    - **References** (`biller_id`, `bill_id`) are opaque: pass on what the hub gave.

    金额一律为十进制字符串，不用浮点数。订单在变为 `succeeded`（成功）或 `declined`（拒绝）之前，**切勿重新支付**：
    枢纽会查明结果并更新订单。每笔订单须带 `Idempotency-Key`，同一键即同一订单。每个响应都带 `Trace-Id`，咨询时请提供。
    """
)
TOKENS = cleandoc(
    """
    A client proves itself with `private_key_jwt` (RFC 7523, signed with PS256, ES256 or EdDSA), never with a shared
    secret. Access tokens (RFC 9068) live for ten minutes. They are plain bearer tokens for now, good for whoever holds
    one; operations of `x-level` A2 will demand sender-constrained ones.
    """
)
TAGS = {
    "orders": "Everything that changed something, and what became of it. 订单：每一笔变更及其结果。",
    "queries": "Answers that took a partner longer. 查询：合作方需要较长时间才能给出的答复。",
    "consents": "What customers agreed to, and who acts for whom. 授权同意：客户同意的事项，以及谁代谁办理。",
    "documents": "Files that partners issued, by their link. 文件：合作方出具的文件，凭链接下载。",
    "deliverables": "What an order delivered, handed over once. 交付物：订单所得（如电表充值码），单独领取。",
    "OAuth": "Access tokens, and where a program finds out the rest. 授权：访问令牌及服务元数据。",
    "health": "For whoever runs the hub. 运行状态。",
}


@cache
def document() -> Json:
    """The whole document, as `/openapi.json` serves it."""
    everyone = [operation for operation in operations() if operation.path]
    schemas = Schemas(everyone)
    oauth = _oauth()
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": "/"}],
        "tags": _tags(everyone),
        "paths": _traced(_paths(everyone, schemas) | oauth["paths"]),
        "components": {
            "schemas": schemas.components | oauth["components"]["schemas"],
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": {SCHEME: _scheme(everyone)},
        },
    }


def _info() -> Json:
    return {
        "title": TITLE,
        "version": version("scenario-hub"),
        "summary": "Everyday scenarios for bank apps, whatever the partner behind them speaks",
        "description": ABOUT,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _tags(everyone: list[Operation]) -> list[Json]:
    scenarios = dict.fromkeys(operation.scenario for operation in everyone)
    described = {name: getdoc(SCENARIOS[name]) or name for name in scenarios}
    return [{"name": name, "description": words} for name, words in (described | TAGS).items()]


def _paths(everyone: list[Operation], schemas: Schemas) -> Json:
    paths: Json = {}
    for operation in everyone:
        paths.setdefault(operation.route, {})[operation.method.lower()] = entry(operation, schemas)
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = standing_entry(route, schemas, everyone)
    return paths


def _oauth() -> Json:
    """The OAuth endpoints, as Litestar reads them off their handlers."""
    config = OpenAPIConfig(title=TITLE, version="-")
    app = Litestar([OAuthController, WellKnownController], openapi_config=config, logging_config=None)
    return app.openapi_schema.to_schema()


def _traced(paths: Json) -> Json:
    """Every answer of every route carries its trace's id."""
    for path in paths.values():
        for route in path.values():
            for answer in route["responses"].values():
                answer["headers"] = headers("Trace-Id") | answer.get("headers", {})
    return paths


def _scheme(everyone: list[Operation]) -> Json:
    flow = {"tokenUrl": "/oauth/token", "scopes": {scope: _purpose(scope, everyone) for scope in contract_scopes()}}
    return {"type": "oauth2", "description": TOKENS, "flows": {"clientCredentials": flow}}


def _purpose(scope: str, everyone: list[Operation]) -> str:
    """What a scope allows, in the words of its operations."""
    summaries = [operation.summary.partition("\n\n")[0] for operation in everyone if operation.scope == scope]
    return " ".join(" ".join(summary.split()) for summary in summaries)
