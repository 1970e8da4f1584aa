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
    "python_socks",
    "httpx",
    "requests",
    "urllib.request",
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
    """Public modules without `__all__` (ruff keeps it sorted), and modules without a docstring."""
    found = []
    for name, path in modules(source):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if ast.get_docstring(tree) is None and "versions/" not in name:
            found.append(f"{name}: no docstring")
        is_plain = name.endswith(("__init__.py", "__main__.py")) or "migrations/" in name
        exported = _exported(tree)
        if exported is None and not is_plain and not Path(name).name.startswith("_"):
            found.append(f"{name}: no __all__")
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
            if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_again(node):
                found.append(f"{name}:{node.lineno}: broad except")  # noqa: PERF401
    return found


def _is_broad(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(each, ast.Name) and each.id in {"Exception", "BaseException"} for each in names)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Cleaning up and raising the same error again swallows nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def unguarded_network(source: Path) -> list[str]:
    """Modules that could reach the network past the guarded transports."""
    found = []
    for name, path in modules(source):
        if name.startswith(OUTSIDE_ALLOWED):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            roots: list[str] = []
            if isinstance(node, ast.Import):
                roots = [_root(alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                roots = [_root(node.module)]
            found += [f"{name}:{node.lineno}: imports {root}" for root in roots if root in OUTSIDE_MODULES]
    return found


def _root(module: str) -> str:
    return module if module == "urllib.request" else module.split(".", maxsplit=1)[0]


def unguarded_calls(source: Path) -> list[str]:
    """Uses of the two doors to the network (a pool's `get` and `post`, a connector's `connect`) that pass no guard.

    Guarded is what stands inside the arguments of `….guard.call(…)`, inside a function handed to it by name, or
    inside a function that is called from such places only.
    """
    found = []
    for name, path in modules(source):
        if not name.startswith("exchanges/"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        guarded = _guarded_nodes(tree)
        found += [
            f"{name}:{node.lineno}: {ast.unparse(node.func)} past the guard"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _is_door(node.func) and id(node) not in guarded
        ]
    return found


def _is_door(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute):
        return False
    owner = ast.unparse(function.value).rpartition(".")[2].strip("_")
    return (owner, function.attr) in {("pool", "get"), ("pool", "post"), ("connector", "connect")}


def _guarded_nodes(tree: ast.Module) -> set[int]:
    functions = {
        node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    guarded: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("guard.call"):
            handed = [
                functions[each.id] for each in node.args if isinstance(each, ast.Name) and each.id in functions
            ]
            for root in [*node.args, *handed]:
                guarded |= {id(child) for child in ast.walk(root)}
    has_grown = True
    while has_grown:
        before = len(guarded)
        for name, function in functions.items():
            calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == name]
            if calls and all(id(call) in guarded for call in calls):
                guarded |= {id(child) for child in ast.walk(function)}
        has_grown = len(guarded) > before
    return guarded


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "self":
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
