"""The graph: order, discovery, override, and every way a set of services is refused before anything starts."""

from typing import NewType, Protocol

import pytest

from arbedge.errors import ConfigError, NotFound
from arbedge.foundation.container.container import ServiceContainer
from arbedge.foundation.container.graph import DependencyGraph, GraphInvalid
from arbedge.foundation.container.registry import Registry, Traits
from arbedge.foundation.runtime.clock import ManualClock


class Reads(Protocol):
    def read(self) -> str: ...


class Store:
    def read(self) -> str:
        return "store"


class Cache:
    def __init__(self, store: Store) -> None:
        self.store = store


class Door:
    def __init__(self, cache: Cache, store: Store) -> None:
        self.cache = cache
        self.store = store


class Egg:
    def __init__(self, hen: "Hen") -> None: ...


class Hen:
    def __init__(self, chick: "Chick") -> None: ...


class Chick:
    def __init__(self, egg: Egg) -> None: ...


def registry(*recipes: tuple[str, type]) -> Registry:
    made = Registry()
    for name, recipe in recipes:
        made.add(name, recipe)
    return made


def graph(made: Registry) -> DependencyGraph:
    return DependencyGraph(made.registrations)


def test_dependencies_come_first():
    nodes = graph(registry(("door", Door), ("cache", Cache), ("store", Store))).nodes()
    assert [(node.name, node.level, node.depends_on) for node in nodes] == [
        ("store", 0, ()),
        ("cache", 1, ("store",)),
        ("door", 2, ("cache", "store")),
    ]
    assert nodes[1].provides == "Cache"


def test_circle_is_named_before_anything_is_made():
    made = []

    class Watched(Hen):
        def __init__(self, chick: Chick) -> None:
            made.append(self)

    services = registry(("egg", Egg), ("chick", Chick))
    services.add("hen", Watched, provides=Hen)
    with pytest.raises(GraphInvalid, match="circle: egg -> hen -> chick -> egg") as caught:
        ServiceContainer(services, ManualClock())
    assert isinstance(caught.value, ConfigError)
    assert made == []


@pytest.mark.parametrize(
    ("order", "circle"),
    [
        ((Chick, Egg, Hen, Door), "chick -> egg -> hen -> chick"),
        ((Hen, Chick, Egg, Door), "hen -> chick -> egg -> hen"),
        ((Hen, Egg, Chick, Door), "hen -> chick -> egg -> hen"),
    ],
)
def test_circle_is_told_from_whoever_was_registered_first(order, circle):
    made = registry(*((kind.__name__.lower(), kind) for kind in order), ("cache", Cache), ("store", Store))
    with pytest.raises(GraphInvalid, match=f"circle: {circle}$"):
        graph(made)


def test_service_that_needs_itself():
    class Snake:
        pass

    def bite(tail: Snake) -> Snake:
        return tail

    made = Registry()
    made.add("snake", bite)
    with pytest.raises(GraphInvalid, match="snake -> snake"):
        graph(made)


def test_every_missing_dependency_is_named():
    with pytest.raises(GraphInvalid) as caught:
        graph(registry(("door", Door), ("egg", Egg)))
    assert caught.value.problems == (
        "door needs Cache, which no service provides",
        "door needs Store, which no service provides",
        "egg needs Hen, which no service provides",
    )


def test_factories_that_cannot_be_read():
    def untyped(store) -> Store:
        return store

    def unreturned():
        return Store()

    made = Registry()
    made.add("untyped", untyped)
    made.add("unreturned", unreturned)
    with pytest.raises(GraphInvalid) as caught:
        graph(made)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["untyped", "unreturned"]
    assert "\n" not in str(caught.value)


def test_two_services_of_one_type_are_refused():
    with pytest.raises(GraphInvalid, match="one and two both provide Store"):
        graph(registry(("one", Store), ("two", Store)))


def test_new_types_tell_services_of_one_class_apart():
    main, spare = NewType("main", Store), NewType("spare", Store)
    made = Registry()
    made.add("main", Store, provides=main)
    made.add("spare", Store, provides=spare)
    assert [node.provides for node in graph(made).nodes()] == ["main", "spare"]


def test_one_name_one_service():
    with pytest.raises(ConfigError, match="registered already"):
        registry(("store", Store), ("store", Cache))


async def test_discovery_by_word_protocol_and_class():
    class FileStore(Store):
        pass

    made = Registry()
    made.add("files", FileStore, traits=Traits(capabilities=("storage", Reads)))
    made.add("cache", Cache)
    made.add_value("store", Store())
    async with ServiceContainer(made, ManualClock()) as container:
        assert container.names_with("storage") == ("files",)
        assert container.names_with(Reads) == ("files",)
        assert set(container.names_with(Store)) == {"files", "store"}
        assert container.names_with("nothing") == ()
        (found,) = await container.discover(Reads)
        assert isinstance(found, FileStore)


async def test_override_replaces_one_service_for_everyone():
    class FakeStore(Store):
        pass

    started = []

    def unreachable(egg: Egg) -> Store:
        raise AssertionError(egg)

    made = registry(("cache", Cache), ("door", Door))
    made.add("store", unreachable)
    fake = FakeStore()
    made.override("store", fake)
    async with ServiceContainer(made, ManualClock()) as container:
        assert container.get(Door).store is fake
        assert container.get(Cache).store is fake
        assert container.get(Store) is fake
        assert [node.is_overridden for node in container.graph() if node.name == "store"] == [True]
    assert started == []
    with pytest.raises(NotFound, match="there are cache, door, store"):
        made.override("stroe", fake)
