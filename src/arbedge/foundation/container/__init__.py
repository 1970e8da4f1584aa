"""The service container: builds services in dependency order, starts, watches, recovers and stops them.

Comes in: a `ServiceRegistry` of factories with typed parameters. Goes out: instances by type, their graph and their
health. It never knows what a service does, and business code never asks it for anything: services are passed inward
as arguments; only the edge (bootstrap, cli, doors) holds the container.
"""

from arbedge.foundation.container.config import ContainerConfig
from arbedge.foundation.container.container import ServiceContainer, ServiceStartFailed, ServiceUnavailable
from arbedge.foundation.container.gauges import MetricPoolHooks, MetricServiceHooks
from arbedge.foundation.container.graph import GraphInvalid, ServiceGraph, ServiceNode
from arbedge.foundation.container.pools import BoundedPool, PoolExhausted, PoolHooks, PoolLimits, PoolSnapshot
from arbedge.foundation.container.registry import Lifecycle, Registration, ServiceRegistry, StartMode, Traits
from arbedge.foundation.container.states import ServiceHealth, ServiceHooks, ServiceState, StopFailure

__all__ = [
    "BoundedPool",
    "ContainerConfig",
    "GraphInvalid",
    "Lifecycle",
    "MetricPoolHooks",
    "MetricServiceHooks",
    "PoolExhausted",
    "PoolHooks",
    "PoolLimits",
    "PoolSnapshot",
    "Registration",
    "ServiceContainer",
    "ServiceGraph",
    "ServiceHealth",
    "ServiceHooks",
    "ServiceNode",
    "ServiceRegistry",
    "ServiceStartFailed",
    "ServiceState",
    "ServiceUnavailable",
    "StartMode",
    "StopFailure",
    "Traits",
]
