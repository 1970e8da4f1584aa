"""The service container: builds services in dependency order, starts, watches, recovers and stops them.

Comes in: a `Registry` of factories with typed parameters. Goes out: instances by type, their graph and their
health. It never knows what a service does, and business code never asks it for anything: services are passed inward
as arguments; only the edge (bootstrap, cli, doors) holds the container.
"""

from arbedge.foundation.container.config import ContainerConfig
from arbedge.foundation.container.container import NotReady, ServiceContainer, StartFailed
from arbedge.foundation.container.gauges import MetricLifeHooks
from arbedge.foundation.container.graph import DependencyGraph, GraphInvalid, GraphNode
from arbedge.foundation.container.registry import Lifecycle, Registration, Registry, StartMode, Traits
from arbedge.foundation.container.states import Health, LifeHooks, LifeState, StopFailure

__all__ = [
    "ContainerConfig",
    "DependencyGraph",
    "GraphInvalid",
    "GraphNode",
    "Health",
    "LifeHooks",
    "LifeState",
    "Lifecycle",
    "MetricLifeHooks",
    "NotReady",
    "Registration",
    "Registry",
    "ServiceContainer",
    "StartFailed",
    "StartMode",
    "StopFailure",
    "Traits",
]
