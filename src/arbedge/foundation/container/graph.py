"""The dependency graph: read off the factories' annotations, and refused before anything starts if wrong."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import Any

from dishka import AsyncContainer, Provider, Scope, make_async_container
from dishka.dependency_source import Factory
from dishka.exception_base import DishkaError

from arbedge.errors import ConfigError
from arbedge.foundation.container.registry import Registration, StartMode

__all__ = ["DependencyGraph", "GraphInvalid", "GraphNode"]


class GraphInvalid(ConfigError):
    """The services cannot be built as registered; `problems` names every reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One service of the graph. `level` 0 depends on nothing; each level may start once the one below it has."""

    name: str
    provides: str
    depends_on: tuple[str, ...]
    level: int
    mode: StartMode
    is_required: bool
    capabilities: tuple[str, ...]
    is_overridden: bool


class DependencyGraph:
    """The validated graph of a set of registrations. Raises `GraphInvalid` from its construction."""

    def __init__(self, registrations: Iterable[Registration]) -> None:
        self.registrations: dict[str, Registration] = {each.name: each for each in registrations}
        self._provider = Provider(scope=Scope.APP)
        self.key_of: dict[str, Any] = {}
        wanted = self._read_factories()
        self.name_of: dict[Any, str] = self._names_by_key()
        self.depends_on: dict[str, tuple[str, ...]] = self._edges(wanted)
        self.order: tuple[str, ...] = self._sorted()
        self.stop_order: tuple[str, ...] = self._stops()
        self.level_of: dict[str, int] = {}
        for name in self.order:
            below = (self.level_of[dependency] for dependency in self.depends_on[name])
            self.level_of[name] = 1 + max(below, default=-1)

    def build(self) -> AsyncContainer:
        """An empty instance cache over this graph.

        It takes no lock: `ServiceContainer` makes each service once, after its dependencies, and independent
        ones at the same time.
        """
        return make_async_container(self._provider, lock_factory=None)

    def nodes(self) -> tuple[GraphNode, ...]:
        """Every service in dependency order."""
        return tuple(self._node(name) for name in self.order)

    def names_with(self, capability: Any) -> tuple[str, ...]:
        """Services that declare the capability, or provide that type or a subclass of it, in dependency order."""
        return tuple(name for name in self.order if self._is_able(name, capability))

    def _is_able(self, name: str, capability: Any) -> bool:
        provided = self.key_of[name]
        if capability in self.registrations[name].traits.capabilities or provided == capability:
            return True
        both_classes = isinstance(provided, type) and isinstance(capability, type)
        # The declared bases, not issubclass: a protocol that is not runtime-checkable refuses that question.
        return both_classes and capability in provided.__mro__

    def _read_factories(self) -> dict[str, tuple[Any, ...]]:
        wanted: dict[str, tuple[Any, ...]] = {}
        problems: list[str] = []
        for name, registration in self.registrations.items():
            try:
                key, parameters = _signature(Provider(scope=Scope.APP), registration)
            except (DishkaError, NameError, TypeError, AttributeError) as error:
                problems.append(f"{name}: its factory cannot be read: {' '.join(str(error).split())}")
                continue
            self.key_of[name], wanted[name] = key, parameters
            if registration.override is None:
                self._provider.provide(registration.factory, provides=registration.provides)
            else:
                self._provider.provide(_giver(registration.override[0]), provides=key)
                wanted[name] = ()
        if problems:
            raise GraphInvalid(problems)
        return wanted

    def _names_by_key(self) -> dict[Any, str]:
        by_key: dict[Any, str] = {}
        problems = []
        for name, key in self.key_of.items():
            if key in by_key:
                problems.append(
                    f"{by_key[key]} and {name} both provide {_type_name(key)}: "
                    "give each a type of its own (typing.NewType)"
                )
            by_key.setdefault(key, name)
        if problems:
            raise GraphInvalid(problems)
        return by_key

    def _edges(self, wanted: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[str, ...]]:
        problems = [
            f"{name} needs {_type_name(key)}, which no service provides"
            for name, keys in wanted.items()
            for key in keys
            if key not in self.name_of
        ]
        if problems:
            raise GraphInvalid(problems)
        return {name: tuple(dict.fromkeys(self.name_of[key] for key in keys)) for name, keys in wanted.items()}

    def _sorted(self) -> tuple[str, ...]:
        try:
            return tuple(TopologicalSorter(self.depends_on).static_order())
        except CycleError as error:
            # graphlib gives the cycle from dependency to dependant; people read "a needs b".
            cycle = " -> ".join(reversed(error.args[1]))
            raise GraphInvalid([f"services depend on each other in a circle: {cycle}"]) from error

    def _stops(self) -> tuple[str, ...]:
        """Every service after all that need it; of several that may go, the one registered last goes first."""
        rank = {name: -place for place, name in enumerate(self.registrations)}
        needed_by = Counter(each for needs in self.depends_on.values() for each in set(needs))
        free = [(rank[name], name) for name in self.order if not needed_by[name]]
        heapify(free)
        stops = []
        while free:
            _, name = heappop(free)
            stops.append(name)
            for each in set(self.depends_on[name]):
                needed_by[each] -= 1
                if not needed_by[each]:
                    heappush(free, (rank[each], each))
        return tuple(stops)

    def _node(self, name: str) -> GraphNode:
        registration = self.registrations[name]
        return GraphNode(
            name=name,
            provides=_type_name(self.key_of[name]),
            depends_on=self.depends_on[name],
            level=self.level_of[name],
            mode=registration.traits.mode,
            is_required=registration.traits.is_required,
            capabilities=tuple(_type_name(each) for each in registration.traits.capabilities),
            is_overridden=registration.override is not None,
        )


def _signature(scratch: Provider, registration: Registration) -> tuple[Any, tuple[Any, ...]]:
    """The type a recipe provides, and the types of its parameters."""
    source = scratch.provide(registration.factory, provides=registration.provides)
    (factory,) = (found for found in source.dependency_sources if isinstance(found, Factory))
    asked = (*factory.dependencies, *factory.kw_dependencies.values())
    return factory.provides.type_hint, tuple(dependency.type_hint for dependency in asked)


def _giver(value: Any) -> Callable[[], Any]:
    return lambda: value


def _type_name(kind: Any) -> str:
    return kind if isinstance(kind, str) else str(getattr(kind, "__name__", kind))
