"""The recipes: which services there are, how each is made, and what is done with it in its life."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from arbedge.errors import ConfigError, NotFound
from arbedge.foundation.runtime.tasks import RestartPolicy

__all__ = ["Lifecycle", "Registration", "Registry", "StartMode", "Traits"]

Hook = Callable[[Any], Awaitable[None]]
PingHook = Callable[[Any], Awaitable[str | None]]


class StartMode(StrEnum):
    """When a service is made: with the container, after it in the background, or when first asked for."""

    EAGER = "eager"
    BACKGROUND = "background"
    ON_DEMAND = "on_demand"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What is called with the instance in the course of its life; each may be an unbound async method.

    `start` makes it ready, and is called again after `stop` when it recovers; `stop` must bear a start that did
    not finish; `ping` returns None when well or a reason when degraded, and raises when it does not work; `warm`
    runs in the background after a start, while the service is in use already.
    """

    start: Hook | None = None
    stop: Hook | None = None
    ping: PingHook | None = None
    warm: Hook | None = None


_ALWAYS_AGAIN = RestartPolicy(first_delay_s=1.0, max_delay_s=60.0, max_restarts=None, window_s=600.0)


@dataclass(frozen=True, slots=True)
class Traits:
    """How a service is treated.

    `recover` is the policy of starting it anew once failed (None: never). When a required one fails to start, the
    whole start fails; one that is not required is left to recover. `capabilities` are words or protocols it can
    be found by.
    """

    mode: StartMode = StartMode.EAGER
    is_required: bool = True
    recover: RestartPolicy | None = _ALWAYS_AGAIN
    capabilities: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """One recipe. `provides` is the type it is injected as; None: what the factory is annotated to return.

    `override` holds the value that stands in for what the factory would make (None: nothing does).
    """

    name: str
    factory: Callable[..., Any]
    provides: Any = None
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    traits: Traits = field(default_factory=Traits)
    override: tuple[Any] | None = None


class Registry:
    """Collects recipes; the graph is read off it once, when a container is made."""

    def __init__(self) -> None:
        self._by_name: dict[str, Registration] = {}

    def add(
        self,
        name: str,
        factory: Callable[..., Any],
        *,
        provides: Any = None,
        lifecycle: Lifecycle | None = None,
        traits: Traits | None = None,
    ) -> None:
        """Register a service. Every parameter of `factory` (a class, a function, an async function) is a
        dependency, found by its annotation. Raises `ConfigError` when the name is taken.
        """
        if name in self._by_name:
            raise ConfigError(f"a service named {name!r} is registered already")
        self._by_name[name] = Registration(name, factory, provides, lifecycle or Lifecycle(), traits or Traits())

    def add_value(self, name: str, value: Any, *, provides: Any = None) -> None:
        """Register something that exists already (a clock, a config); its life is its owner's affair."""
        self.add(name, lambda: value, provides=type(value) if provides is None else provides)

    def override(self, name: str, value: Any) -> None:
        """Put `value` in the place of a registered service: for tests.

        The recipe, its dependencies and its lifecycle are not used; everyone who depends on it is given the value.
        Raises `NotFound` for an unknown name.
        """
        found = self._by_name.get(name)
        if found is None:
            raise NotFound(f"no service named {name!r}; there are {', '.join(sorted(self._by_name)) or 'none'}")
        self._by_name[name] = replace(found, lifecycle=Lifecycle(), override=(value,))

    @property
    def registrations(self) -> tuple[Registration, ...]:
        """Every recipe, in the order of registration."""
        return tuple(self._by_name.values())
