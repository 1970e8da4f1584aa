"""The house rules as functions of a source tree, so that each can be shown to fail on a planted breach."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "arbedge"

LINES_MAX = 350
SIZE_WAIVERS: dict[str, str] = {}
"""Path under src/arbedge → reason and the day it ends. Starts and should stay empty."""

BANNED_WORDS = [
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "core",
    "base",
    "misc",
    "manager",
    "handler",
    "handlers",
    "processor",
    "data",
    "info",
    "impl",
    "service",
]

BROAD_EXCEPT_ALLOWED = (
    "foundation/runtime/supervision.py",
    "cli/",
    "doors/api/middleware.py",
    "doors/telegram/bot.py",
)

OUTSIDE_MODULES = {
    "aiohttp",
    "aiohttp_socks",
    "picows",
    "httpx",
    "requests",
    "urllib",
    "http",
    "socket",
    "ccxt",
    "websockets",
}
OUTSIDE_ALLOWED = ("exchanges/transport/", "exchanges/crosscheck", "lab/")
"""The only rooms that may reach the network: transports (whose every call is guarded), ccxt's worker, the lab."""


def modules(source: Path) -> Iterator[tuple[str, Path]]:
    """Every Python file with its path relative to the package."""
    for path in sorted(source.rglob("*.py")):
        yield path.relative_to(source).as_posix(), path


def oversized(source: Path) -> list[str]:
    """Files over the line limit that hold no waiver."""
    found = []
    for name, path in modules(source):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LINES_MAX and name not in SIZE_WAIVERS:
            found.append(f"{name}: {lines} lines")
    return found


def banned_names(source: Path) -> list[str]:
    """Paths and classes whose name says nothing about what they hold."""
    found = []
    for name, path in modules(source):
        parts = [part.removesuffix(".py") for part in name.split("/")]
        found += [
            f"{name}: path word {word!r}" for part in parts for word in part.split("_") if word in BANNED_WORDS
        ]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name != "ServiceContainer":
                words = [word.lower() for word in re.findall(r"[A-Z][a-z0-9]+|[A-Z]+(?![a-z])", node.name)]
                found += [f"{name}: class {node.name}" for word in words if word in BANNED_WORDS]
    return found


def faces_without_all(source: Path) -> list[str]:
    """Public modules without a sorted `__all__`, and modules without a docstring."""
    found = []
    for name, path in modules(source):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if ast.get_docstring(tree) is None and "versions/" not in name:
            found.append(f"{name}: no docstring")
        is_plain = name.endswith(("__init__.py", "__main__.py")) or "migrations/" in name
        exported = _exported(tree)
        if exported is None:
            if not is_plain and not Path(name).name.startswith("_"):
                found.append(f"{name}: no __all__")
        elif exported != sorted(exported):
            found.append(f"{name}: __all__ is not sorted")
    return found


def _exported(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
        ):
            value = ast.literal_eval(node.value)
            return list(value)
    return None


def broad_excepts(source: Path) -> list[str]:
    """`except Exception` outside supervision and the process edges."""
    found = []
    for name, path in modules(source):
        if name.startswith(BROAD_EXCEPT_ALLOWED):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
                found.append(f"{name}:{node.lineno}: broad except")
    return found


def _is_broad(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(each, ast.Name) and each.id in {"Exception", "BaseException"} for each in names)


def unguarded_network(source: Path) -> list[str]:
    """Modules that could reach the network past the guarded transports."""
    found = []
    for name, path in modules(source):
        if name.startswith(OUTSIDE_ALLOWED):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            roots: list[str] = []
            if isinstance(node, ast.Import):
                roots = [alias.name.split(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                roots = [node.module.split(".")[0]]
            found += [f"{name}:{node.lineno}: imports {root}" for root in roots if root in OUTSIDE_MODULES]
    return found


NETWORK_CALLS = {"request", "get", "post", "put", "delete", "ws_connect", "open_connection", "create_connection"}


def unguarded_calls(source: Path) -> list[str]:
    """Network calls inside the transports that stand in no function reachable only through `guard.call`.

    The rule the transports follow: a method that touches a session or opens a socket is named `_attempt…`, and
    `_attempt…` methods are only ever handed to a guard's `call`.
    """
    found = []
    for name, path in modules(source):
        if not name.startswith("exchanges/transport/"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        guarded = _inside_guard(tree)
        for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                if not isinstance(node, ast.Call) or id(node) in guarded:
                    continue
                if isinstance(node.func, ast.Attribute):
                    if _is_network(node.func) and not function.name.startswith("_attempt"):
                        found.append(f"{name}:{node.lineno}: {ast.unparse(node.func)} outside an _attempt method")
                    if node.func.attr.startswith("_attempt") and not function.name.startswith("_attempt"):
                        found.append(f"{name}:{node.lineno}: {ast.unparse(node.func)} called past the guard")
    return found


def _is_network(function: ast.Attribute) -> bool:
    owner = ast.unparse(function.value).lower()
    if function.attr == "ws_connect" and owner in {"picows", "session", "self._session"}:
        return True
    return function.attr in NETWORK_CALLS and ("session" in owner or owner in {"loop", "asyncio"})


def _inside_guard(tree: ast.Module) -> set[int]:
    inside: set[int] = set()
    for node in ast.walk(tree):
        is_guard = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "call"
            and "guard" in ast.unparse(node.func.value).lower()
        )
        if is_guard:
            inside |= {id(child) for child in ast.walk(node)}
    return inside
