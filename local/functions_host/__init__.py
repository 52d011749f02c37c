"""An Azure Functions host for development and tests. It serves on loopback and is never deployed."""

from local.functions_host.clock import Clock, ManualClock, SystemClock
from local.functions_host.disturbance import Disturbance
from local.functions_host.errors import HostError
from local.functions_host.host import FunctionsHost

__all__ = ["Clock", "Disturbance", "FunctionsHost", "HostError", "ManualClock", "SystemClock"]
